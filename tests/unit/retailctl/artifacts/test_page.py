"""The page as it is deployed: names, references, headers, size."""

from __future__ import annotations

import gzip
import html.parser
import json
import random
import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from hello_retail.events import registry
from hello_retail.orders.items import OrderState, Reason
from hello_retail.payments import simulated
from hello_retail.pictures import PictureProblem
from hello_retail.pictures.picture import LONGEST_SIDE, SHORTEST_SIDE
from hello_retail.shop_api import placing
from retailctl.artifacts.page import (
    ASSETS,
    SiteError,
    SiteFile,
    build_page,
    build_security_headers,
    build_security_policy,
    read_sources,
)
from retailctl.delivery.page import SiteConfig

WEB = Path(__file__).parents[4] / "src" / "web"
PAGE = {
    "index.html": b'<link rel="stylesheet" href="css/a.css"><a href="#/x">x</a>'
    b'<script type="module" src="js/main.js"></script>',
    "css/a.css": b"body { background: url(../dot.svg) }",
    "dot.svg": b"<svg/>",
    "js/main.js": b'import { b } from "./b.js";\nimport "./c.js";\nsay("./b.js");\n'
    b'const view = async () => (await import("./d.js")).View;\n'
    b'const cast = /** @type {import("./d.js").View} */ (1);\n',
    "js/d.js": b"export class View {}\n",
    "js/b.js": b'// the type is import("./main.js").Thing\n/** @param {import("./main.js").T} t */\n'
    b"export const b = \"from './x.js'\";\n",
    "js/c.js": b'export {\n  b,\n} from "./b.js";\n',
}
COMMENTED = b"""// What it is for.

/**
 * @param {string} place a path, such as a/b
 */
export const f = (place) => `//${place}`; // why
const text = "a; // no comment"; let h = (/** @type {string} */ name) => name;
  /** @type {string[]} */
  const g = /** @type {any} */ (["/** not a comment */"]);
"""
CONFIG = SiteConfig("dev", "https://api.example.com/v1", "us-east-1", "us-east-1_Abc", "client123")


def plain(file: SiteFile) -> str:
    content = gzip.decompress(file.content) if file.content_encoding == "gzip" else file.content
    return content.decode()


def deployed(sources: dict[str, bytes]) -> dict[str, SiteFile]:
    """Return the files by name without folder and hash."""
    return {
        re.sub(r"-[0-9a-f]{12}(?=\.)", "", file.path.removeprefix(ASSETS)): file
        for file in build_page(sources)
    }


def the_page() -> dict[str, SiteFile]:
    return deployed(read_sources(WEB))


def test_every_file_but_the_index_is_named_for_what_it_holds() -> None:
    for file in build_page(PAGE):
        if file.path != "index.html":
            digest = sha256(plain(file).encode()).hexdigest()[:12]
            assert re.fullmatch(rf"assets/[a-z]+-{digest}\.[a-z]+", file.path)


def test_references_lead_to_the_names_that_the_files_got() -> None:
    files = deployed(PAGE)
    name = {short: file.path.removeprefix(ASSETS) for short, file in files.items()}
    assert plain(files["index.html"]) == (
        f'<link rel="stylesheet" href="assets/{name["a.css"]}"><a href="#/x">x</a>'
        f'<script type="module" src="assets/{name["main.js"]}"></script>'
    )
    assert plain(files["a.css"]) == f"body {{ background: url({name['dot.svg']}) }}"
    assert (
        plain(files["main.js"])
        == f'import {{ b }} from "./{name["b.js"]}";\nimport "./{name["c.js"]}";\nsay("./b.js");\n'
        f'const view = async () => (await import("./{name["d.js"]}")).View;\n'
        "const cast = (1);\n"
    )
    assert plain(files["c.js"]) == f'export {{\nb,\n}} from "./{name["b.js"]}";\n'


def test_texts_stay_as_they_are() -> None:
    assert plain(deployed(PAGE)["b.js"]) == "\n\nexport const b = \"from './x.js'\";\n"


def test_a_change_renames_the_file_and_all_that_lead_to_it_and_nothing_else() -> None:
    changed = deployed({**PAGE, "js/b.js": b"export const b = 2;\n"})
    before = deployed(PAGE)
    renamed = {short for short, file in before.items() if changed[short].path != file.path}
    assert renamed == {"b.js", "c.js", "main.js"}
    assert plain(changed["index.html"]) != plain(before["index.html"])


def test_the_same_sources_give_the_same_files_in_whatever_order_they_come() -> None:
    shuffled = list(PAGE.items())
    random.Random(4).shuffle(shuffled)  # noqa: S311 - an order, no secret
    assert build_page(dict(shuffled)) == build_page(PAGE)
    assert build_page(read_sources(WEB)) == build_page(read_sources(WEB))


def test_modules_lose_indentation_and_comments_and_keep_their_lines() -> None:
    built = plain(deployed({**PAGE, "js/d.js": COMMENTED})["d.js"])
    kept = {
        6: "export const f = (place) => `//${place}`;",
        7: 'const text = "a; // no comment"; let h = (name) => name;',
        9: 'const g = (["/** not a comment */"]);',
    }
    assert {number: line for number, line in enumerate(built.splitlines(), 1) if line} == kept


def test_no_text_of_the_page_goes_over_lines_where_it_could_be_taken_for_a_comment() -> None:
    for path in MODULES:
        lines = (WEB / path).read_text().splitlines()
        assert [line for line in lines if line.count("`") % 2] == [], path


def test_the_index_is_last_so_that_it_never_names_what_is_not_there() -> None:
    assert build_page(PAGE)[-1].path == "index.html"


def test_hashed_files_are_kept_for_ever_the_index_is_asked_for_and_the_configuration_never_kept() -> None:
    for file in build_page(PAGE):
        kept = "no-cache" if file.path == "index.html" else "public, max-age=31536000, immutable"
        assert file.cache_control == kept
    assert CONFIG.render_file().cache_control == "no-store"


def test_types_are_told_and_what_shrinks_is_compressed() -> None:
    files = the_page()
    assert files["index.html"].content_type == "text/html; charset=utf-8"
    assert files["main.js"].content_type == "text/javascript; charset=utf-8"
    assert files["page.css"].content_type == "text/css; charset=utf-8"
    assert files["icon.svg"].content_type == "image/svg+xml"
    assert files["main.js"].content_encoding == "gzip"
    assert deployed(PAGE)["dot.svg"].content_encoding is None


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "js/b.js",
            b'import "./nowhere.js";\n',
            "js/b.js refers to ./nowhere.js, which is no file of the page.",
        ),
        ("js/d.js", b'const x = await import("./gone.js");\n', "js/d.js refers to ./gone.js"),
        ("js/b.js", b'import "https://cdn.example.com/x.js";\n', "which is no file of the page"),
        ("js/b.js", b'import "../../secret.js";\n', "which is no file of the page"),
        ("index.html", b'<img src="//example.com/x.png">', "index.html refers to //example.com/x.png"),
        ("css/a.css", b'@import "https://fonts.example.com/f.css";', "css/a.css refers to https://fonts"),
        ("js/b.js", b'import "./main.js";\n', "in a circle: js/main.js → js/b.js → js/main.js."),
        ("photo.bmp", b"BM", "photo.bmp has no content type"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_words(name: str, content: bytes, words: str) -> None:
    with pytest.raises(SiteError, match=re.escape(words)):
        build_page({**PAGE, name: content})


def test_a_page_without_an_index_is_none() -> None:
    with pytest.raises(SiteError, match=re.escape("The page has no index.html.")):
        build_page({"js/main.js": b""})


def test_the_configuration_says_where_the_api_and_the_sign_in_are() -> None:
    file = CONFIG.render_file()
    assert file.path == "config.json"
    assert json.loads(file.content) == {
        "environment": "dev",
        "apiUrl": "https://api.example.com/v1",
        "region": "us-east-1",
        "userPoolId": "us-east-1_Abc",
        "userPoolClientId": "client123",
    }
    local = SiteConfig("dev", "http://127.0.0.1:4566/_aws", "us-east-1", "p", "c", "http://127.0.0.1:4566/")
    assert json.loads(local.render_file().content)["cognitoUrl"] == local.cognito == "http://127.0.0.1:4566/"
    assert CONFIG.cognito == "https://cognito-idp.us-east-1.amazonaws.com/"


def test_the_configuration_says_what_prices_are_in_where_there_is_a_shop() -> None:
    assert json.loads(replace(CONFIG, currency="JPY").render_file().content)["currency"] == "JPY"
    assert "currency" not in json.loads(CONFIG.render_file().content)


def test_the_policy_lets_the_page_reach_its_api_and_cognito_and_nothing_inline() -> None:
    policy = build_security_policy(CONFIG.api_url, CONFIG.cognito)
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == directives["img-src"] == "'self'"
    assert (
        directives["connect-src"]
        == "'self' https://api.example.com https://cognito-idp.us-east-1.amazonaws.com"
    )
    assert directives["frame-ancestors"] == directives["base-uri"] == directives["form-action"] == "'none'"
    assert "unsafe" not in policy
    behind = build_security_policy("/api", CONFIG.cognito)
    assert "connect-src 'self' https://cognito-idp.us-east-1.amazonaws.com;" in behind
    headers = build_security_headers(CONFIG.api_url, CONFIG.cognito)
    assert headers["content-security-policy"] == policy
    assert headers["x-content-type-options"] == "nosniff"


def test_the_policy_lets_pictures_be_shown_and_sent_only_where_they_are_uploaded() -> None:
    bucket = "https://pictures.s3.eu-central-1.amazonaws.com"
    before, after = (
        dict(part.split(" ", 1) for part in build_security_policy("/", CONFIG.cognito, url).split("; "))
        for url in (None, f"{bucket}/")
    )
    assert after == before | {
        "img-src": "'self' blob:",
        "connect-src": f"{before['connect-src']} {bucket}",
    }


def test_the_configuration_says_where_pictures_go_where_there_is_a_studio() -> None:
    studio = replace(CONFIG, uploads_url="https://pictures.example.com/", workshop=False)
    config = json.loads(studio.render_file().content)
    assert config["uploadsUrl"] == "https://pictures.example.com/"
    assert config["workshop"] is False
    assert not {"uploadsUrl", "workshop"} & json.loads(CONFIG.render_file().content).keys()


class Elements(html.parser.HTMLParser):
    """The start tags of a page, with what they have."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


ELEMENTS = Elements((WEB / "index.html").read_text()).found


HEADERS = 1100
"""Bytes of a response's headers over HTTP/1.1, the security headers among them."""
MODULES = {path.relative_to(WEB).as_posix() for path in WEB.glob("js/*.js")}
(_TEMPLATE,) = re.findall(r"(?s)<template.*?</template>", (WEB / "index.html").read_text())
LATER = set(re.findall(r'href="(js/[^"]+)"', _TEMPLATE))
"""The modules that are loaded with a view: a template lists them."""


def weigh(files: dict[str, SiteFile]) -> int:
    """Return the bytes on the wire, headers included."""
    return sum(len(file.content) + HEADERS for file in [*files.values(), CONFIG.render_file()])


def test_the_first_load_is_below_60_kib_and_the_whole_page_below_90() -> None:
    files = the_page()
    later = {path.removeprefix("js/") for path in LATER}
    assert weigh({name: file for name, file in files.items() if name not in later}) < 60 * 1024
    assert weigh(files) < 90 * 1024


def test_the_page_has_nothing_inline_and_asks_nobody_else() -> None:
    for tag, attributes in ELEMENTS:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag
        assert tag != "style"
        if tag == "script":
            assert attributes == {"type": "module", "src": "js/main.js"}
    for path, content in read_sources(WEB).items():
        addresses = re.findall(rb"https?://[a-zA-Z0-9.$/{}_-]+", content)
        known = {b"http://www.w3.org/2000/svg", b"https://cognito-idp.${found.region}.amazonaws.com/"}
        assert set(addresses) <= known, path


def imports_of(module: str) -> set[str]:
    """Return the modules that a module loads with itself, and those that these load."""
    text = (WEB / module).read_text()
    direct = {f"js/{name}" for name in re.findall(r'^import [^"]*"\./([^"]+)"', text, re.MULTILINE)}
    return direct.union(*map(imports_of, direct))


def test_each_module_of_the_first_load_is_asked_for_at_once_and_no_other() -> None:
    preloaded = {
        str(attributes["href"]) for _, attributes in ELEMENTS if attributes.get("rel") == "modulepreload"
    }
    assert imports_of("js/main.js") | {"js/main.js"} == MODULES - LATER
    assert preloaded == MODULES - {
        "js/main.js"
    }  # the others inside a template, where no browser follows them


def test_the_index_names_every_file_so_that_a_deployment_keeps_them_for_open_pages() -> None:
    files = the_page()
    index = plain(files.pop("index.html"))
    page_itself = {name for name, file in files.items() if file.path not in index}
    assert page_itself == set()


def test_the_form_allows_what_the_schema_allows() -> None:
    properties = registry.read_schema("com.nordstrom/product/create/1-0-0")["properties"]
    fields = {
        str(attributes["name"]): attributes
        for tag, attributes in ELEMENTS
        if tag in {"input", "textarea"} and str(attributes.get("id", "")).startswith("offer-")
    }
    texts = {"brand", "name", "description", "category"}
    assert set(fields) == texts | {"price", "stock"}
    assert all("required" in attributes for attributes in fields.values())
    for name in texts:
        attributes = fields[name]
        assert attributes["data-max"] == str(properties[name]["maxLength"])


def test_the_page_takes_the_prices_and_stocks_that_the_schemas_take() -> None:
    script = (WEB / "js" / "prices.js").read_text()
    for name, field, most in (("price", "cents", "MOST_CENTS"), ("stock", "added", "MOST_STOCK")):
        schema = registry.read_schema(f"com.nordstrom/product/{name}/1-0-0")
        (bound,) = re.findall(rf"export const {most} = ([0-9_]+);", script)
        assert f'"com.nordstrom/product/{name}/1-0-0"' in script
        assert (
            schema["properties"][field] | {"minimum": 1, "maximum": int(bound)} == schema["properties"][field]
        )


def test_the_inbox_has_words_for_each_problem_of_a_picture() -> None:
    script = (WEB / "js" / "inbox.js").read_text()
    (listed,) = re.findall(r"(?s)const PROBLEMS = \{(.*?)\n\};", script)
    words = dict(re.findall(r'"([a-z-]+)": "(Your last .+\.)",', listed))
    assert set(words) == set(PictureProblem)
    assert f"at least {SHORTEST_SIDE} pixels" in words[PictureProblem.TOO_SMALL]
    assert f"at most {LONGEST_SIDE:,} pixels" in words[PictureProblem.TOO_LARGE]


def test_the_cart_takes_what_the_schema_and_the_orders_take() -> None:
    quantity = registry.read_schema(registry.CART_SET)["properties"]["quantity"]
    bounds = {
        name: int(bound)
        for module in ("basket", "cart")
        for name, bound in re.findall(
            r"const (MOST_[A-Z]+) = (\d+);", (WEB / "js" / f"{module}.js").read_text()
        )
    }
    assert bounds == {"MOST_PIECES": placing.MOST_PIECES, "MOST_LINES": placing.MOST_LINES}
    assert bounds["MOST_PIECES"] == quantity["maximum"]


def test_the_orders_have_words_for_each_state_and_reason() -> None:
    script = (WEB / "js" / "orders.js").read_text()
    listed = {
        name: set(re.findall(r'^  "?([a-z-]+)"?: [{"]', block, re.MULTILINE))
        for name, block in re.findall(r"(?s)const (STATES|REASONS) = \{(.*?)\n\};", script)
    }
    assert listed == {"STATES": {*OrderState}, "REASONS": {*Reason}}


def test_each_payment_of_the_cart_is_a_token_that_the_provider_knows() -> None:
    tokens = {
        str(found["value"]) for tag, found in ELEMENTS if tag == "input" and found.get("name") == "payment"
    }
    assert {simulated.OK, simulated.SLOW, simulated.FLAKY} == tokens - {"tok_declined"}


def test_the_pictures_places_are_of_the_schemas_form() -> None:
    script = (WEB / "js" / "photograph.js").read_text()
    (place,) = re.findall(r"=> `([^`]*\$\{id\}[^`]*)`;", script)
    image = place.replace("${id}", "x" * 80).replace("${shape}", "lamp")
    data = {"schema": "com.nordstrom/product/image/1-0-0", "id": "x" * 80, "image": image}
    assert registry.find_violation(data["schema"], data) is None
