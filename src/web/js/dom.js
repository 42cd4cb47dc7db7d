// Elements made and found. Text goes in as text: nothing here reads HTML, so that a product named <script> is a name.

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Record<string, string | number | boolean | null | undefined>} Attributes */

/**
 * Return the one element that a selector finds.
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {any} the element; its kind is the caller's to know
 * @throws {Error} where there is none: the page and its scripts do not fit together
 */
export function find(selector, within = document) {
  const found = within.querySelector(selector);
  if (!found) throw new Error(`The page has no ${selector}.`);
  return found;
}

/**
 * @param {Element} element
 * @param {Attributes} attributes `true` sets an empty one, `false`, `null` and `undefined` take it away
 */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

/**
 * @param {Element} element
 * @param {Attributes} attributes
 * @param {(Node | string)[]} children
 */
function filled(element, attributes, children) {
  set(element, attributes);
  element.append(...children);
  return element;
}

/**
 * Make an HTML element.
 * @param {string} name
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function html(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/**
 * Make an SVG element.
 * @param {string} name
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

/**
 * Show a text in an element, or hide the element where there is none.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function tell(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = text === "";
}

/**
 * Name the page in the title, in the browser's history and for a screen reader.
 * @param {string} what
 */
export function entitle(what) {
  document.title = `${what} · Hello, Retail!`;
}

/** @returns {boolean} whether the person asked for less movement */
export function isCalm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const NUMBER = new Intl.NumberFormat();

/** @param {number} at milliseconds since 1970 */
export const clock = (at) => CLOCK.format(at);

/** @param {number} value */
export const number = (value) => NUMBER.format(value);

/**
 * @param {number} count
 * @param {string} one
 * @param {string} many
 */
export const counted = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;

/**
 * Return how long ago something was, in words.
 * @param {number} milliseconds
 */
export function ago(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 2) return "just now";
  if (seconds < 120) return `${seconds} s ago`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min ago` : `${Math.round(minutes / 60)} h ago`;
}
