// node check-css.mjs <folder with node_modules> <file>…: prints what is no valid CSS, one line each; status 1 if any.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, ...files] = process.argv.slice(2);
const { parse, walk, lexer, generate } = createRequire(`${folder}/`)("css-tree");
const complaints = [];

for (const file of files) {
  const complain = (node, text) => complaints.push(`${file}:${node.loc?.start.line}: ${text}`);
  const tree = parse(readFileSync(file, "utf8"), {
    positions: true,
    onParseError: (error) => complaints.push(`${file}:${error.line}: ${error.message}`),
  });
  walk(tree, (node) => {
    if (node.type === "Declaration" && !node.property.startsWith("--")) {
      const { error } = lexer.matchProperty(node.property, node.value);
      const hasVariable = generate(node.value).includes("var(");
      if (error && !(hasVariable && error.name !== "SyntaxReferenceError")) complain(node, `${node.property}: ${error.message.split("\n")[0]}`);
    }
    if (node.type === "Atrule" && node.prelude) {
      const { error } = lexer.matchAtrulePrelude(node.name, node.prelude);
      if (error) complain(node, `@${node.name}: ${error.message.split("\n")[0]}`);
    }
  });
}
for (const complaint of complaints) console.log(complaint);
process.exitCode = complaints.length ? 1 : 0;
