// What the forms share: checks, errors beside the fields, a message, drafts, and never two sends at once.

import { find, html, tell } from "./dom.js";
import { Problem } from "./http.js";
import { storageOf } from "./storage.js";

const DRAFTS = "hello-retail.drafts.";

/** @typedef {HTMLInputElement | HTMLTextAreaElement} Field */

/**
 * Show a message in a form, to the eye and to a screen reader.
 * @param {HTMLElement} box
 * @param {"good" | "bad"} kind
 * @param {...(Node | string)} content
 */
export function say(box, kind, ...content) {
  box.setAttribute("role", kind === "bad" ? "alert" : "status");
  box.className = `form-message notice notice-${kind}`;
  box.hidden = false;
  box.replaceChildren(html("p", {}, ...content));
}

/** @param {HTMLElement} box */
export function hush(box) {
  box.hidden = true;
  box.replaceChildren();
}

/**
 * Show or clear the error of a field, by the field's name.
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {string} words
 * @returns {boolean} whether the form has such a field
 */
export function fieldError(form, name, words) {
  const field = /** @type {Field | null} */ (form.elements.namedItem(name));
  const place = form.querySelector(`#${CSS.escape(`${form.id.replace(/-form$/, "")}-${name}-error`)}`);
  if (!(place instanceof HTMLElement)) return false;
  tell(place, words);
  if (field instanceof HTMLElement) {
    if (words) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
  return true;
}

/** @param {HTMLFormElement} form */
const fieldsOf = (form) => /** @type {Field[]} */ ([...form.elements].filter((field) => field.matches("input[type=text], input[type=password], textarea")));

/**
 * Check the fields that are shown, with a sentence beside each that is wrong, and go to the first of those.
 * @param {HTMLFormElement} form
 * @param {Record<string, (text: string) => {error?: string}>} [rules] for what is typed into a field, by its name
 * @returns {boolean} whether all is well
 */
export function check(form, rules = {}) {
  let first = null;
  for (const field of fieldsOf(form)) {
    const words = field.closest("[hidden]") ? "" : complaint(field) || (field.value.trim() && rules[field.name]?.(field.value).error) || "";
    fieldError(form, field.name, words);
    if (words) first ??= field;
  }
  first?.focus();
  return first === null;
}

/** @param {Field} field */
function complaint(field) {
  const length = [...field.value.trim()].length;
  const most = Number(field.dataset.max ?? Infinity);
  const label = field.labels?.[0]?.textContent?.trim() ?? field.name;
  if (field.required && length === 0) return `${label} is missing.`;
  if (length > most) return `${label} may have ${most} characters; these are ${length}.`;
  return "";
}

/**
 * Show why something was refused: beside the fields where it tells of them, else as the form's message.
 * @param {HTMLFormElement} form
 * @param {HTMLElement} box
 * @param {unknown} error
 * @param {{before?: string, names?: Record<string, string>}} [options] a sentence to come first; fields by the names
 *   that the shop has for them
 */
export function explain(form, box, error, { before = "", names = {} } = {}) {
  const errors = error instanceof Problem ? error.errors : [];
  const sentence = error instanceof Error ? error.message : String(error);
  const fieldOf = (/** @type {string | undefined} */ pointer) => names[nameOf(pointer)] ?? nameOf(pointer);
  const elsewhere = errors.filter(({ pointer, detail }) => !fieldError(form, fieldOf(pointer), detail)).map(({ detail }) => detail);
  const rest = elsewhere.filter((detail) => !sentence.includes(detail));
  say(box, "bad", [before, sentence, ...rest].filter(Boolean).join(" "));
  const wrong = form.querySelector("[aria-invalid=true]");
  if (wrong instanceof HTMLElement) wrong.focus();
}

/**
 * The first part of a JSON pointer, with or without the `#` of its URI form.
 * @param {string | undefined} pointer
 */
const nameOf = (pointer) => (pointer ?? "").replace(/^#?\//, "").split("/")[0];

/**
 * Do the work of a form or button, which says meanwhile that it does; a second press is ignored.
 * @param {HTMLButtonElement} button
 * @param {string} busy what the button says meanwhile
 * @param {() => Promise<void>} work
 */
export async function once(button, busy, work) {
  if (button.getAttribute("aria-disabled") === "true") return;
  const words = button.textContent ?? "";
  button.setAttribute("aria-disabled", "true");
  button.textContent = busy;
  try {
    await work();
  } finally {
    button.removeAttribute("aria-disabled");
    if (button.textContent === busy) button.textContent = words;
  }
}

/**
 * Keep what is typed into a form over a reload of the tab.
 * @param {HTMLFormElement} form
 * @returns {() => void} forgets it
 */
export function keepDraft(form) {
  const place = DRAFTS + form.id;
  const storage = storageOf("sessionStorage");
  try {
    const kept = JSON.parse(storage.getItem(place) ?? "{}");
    for (const field of fieldsOf(form)) if (typeof kept[field.name] === "string") field.value = kept[field.name];
  } catch {
    // no draft that can be read
  }
  form.addEventListener("input", () => {
    try {
      storage.setItem(place, JSON.stringify(Object.fromEntries(fieldsOf(form).map((field) => [field.name, field.value]))));
    } catch {
      // no room: the draft holds until a reload
    }
  });
  return () => storage.removeItem(place);
}

/**
 * Say beforehand who may use a page; the shop decides all the same.
 * @param {HTMLElement} view
 * @param {import("./session.js").User | null} user
 * @param {string} group whom the page is for
 * @param {string} act such as "offer products"
 */
export function gate(view, user, group, act) {
  const place = find("[data-part=gate]", view);
  if (!user) tell(place, `Only ${group}s can ${act}. You will be asked to sign in.`);
  else if (!user.groups.includes(group)) {
    const groups = user.groups.length ? `a ${user.groups.join(" and ")}` : "in no group";
    tell(place, `Only ${group}s can ${act}. You are signed in as ${user.name}, ${groups}.`);
  } else tell(place, "");
}
