// Photographing a product that nobody has photographed yet.

import { counted, find, html, svg, tell } from "./dom.js";
import { explain, fieldError, gate, hush, once, say } from "./forms.js";
import { people, swatch } from "./products.js";

const SCHEMA = "com.nordstrom/product/image/1-0-0";
const ENOUGH = 12;
const MOST_PAGES = 10;
const MOST_NAMES = 48;

/** Drawings that stand in for pictures, as paths on a ground of 48 by 48. */
const SHAPES = {
  lamp: "M17 8h14l6 16H11zM24 24v14M15 40h18",
  mug: "M11 12h20v22a5 5 0 0 1-5 5H16a5 5 0 0 1-5-5zM31 17h4a4 4 0 0 1 4 4v4a4 4 0 0 1-4 4h-4",
  shoe: "M7 17v16h34v-5c0-4-6-4-10-6-4-2-6-6-8-8l-6 5c-3 2-7 1-10-2zM7 29h34",
  chair: "M15 8v32M15 24h18v16M15 10h0c7-2 9 5 6 14",
  book: "M24 13c-4-4-10-4-16-3v27c6-1 12-1 16 3 4-4 10-4 16-3V10c-6-1-12-1-16 3zm0 0v27",
  bottle: "M20 7h8v9l4 6v18H16V22l4-6zM16 29h16",
};

/** @typedef {import("./api.js").Contribution} Contribution */

export class Photograph {
  #view;
  #api;
  #catalog;
  #names;
  #form = find("#photograph-form");
  #message = find("[data-part=message]", this.#form);
  #list = find("[data-part=products]", this.#form);
  #note = find("[data-part=list-note]", this.#form);
  #more = find("[data-part=more]", this.#form);
  /** @type {string | null} */
  #next = null;
  #isLoaded = false;
  /** How many products the pages that were read have, with and without a picture. */
  #seen = 0;
  /** Products handed in from here: the board may hear of them a moment later. */
  #done = new Set();

  /**
   * @param {HTMLElement} view
   * @param {import("./main.js").Page} page
   */
  constructor(view, { api, catalog, names }) {
    this.#view = view;
    this.#api = api;
    this.#catalog = catalog;
    this.#names = names;
    find("[data-part=shapes]", this.#form).append(...Object.entries(SHAPES).map(([name, path], index) => shape(name, path, index === 0)));
    const refresh = find("[data-part=refresh]", this.#form);
    refresh.addEventListener("click", () => once(refresh, "Looking…", () => this.#load(true)));
    this.#more.addEventListener("click", () => once(this.#more, "Looking…", () => this.#load(false)));
    this.#form.addEventListener("change", () => this.#tellPlace());
    this.#form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      once(find("[type=submit]", this.#form), "Sending…", () => this.#send());
    });
  }

  open() {
    const refresh = find("[data-part=refresh]", this.#form);
    if (!this.#list.children.length) once(refresh, "Looking…", () => this.#load(true));
  }

  close() {}

  /** @param {import("./session.js").User | null} user */
  showUser(user) {
    gate(this.#view, user, "photographer", "photograph products");
  }

  /** @param {boolean} anew from the first page on; else behind those that are shown */
  async #load(anew) {
    hush(this.#message);
    /** @type {Contribution[]} */
    const found = [];
    const chosen = this.#chosen("product");
    let seen = anew ? 0 : this.#seen;
    try {
      const known = people(this.#api);
      let place = anew ? null : this.#next;
      for (let pages = 0; pages < MOST_PAGES && found.length < ENOUGH && (pages === 0 || place); pages += 1) {
        const page = await this.#api.contributions(place);
        found.push(...page.products.filter((product) => product.photographer === null && !this.#done.has(product.productId)));
        seen += page.products.length;
        place = page.next;
      }
      this.#next = place;
      const names = await known;
      const choices = found.map((product) => this.#choice(product, names));
      if (anew) this.#list.replaceChildren(...choices);
      else this.#list.append(...choices);
      this.#nameProducts(found.slice(0, MOST_NAMES).map(({ productId }) => productId));
      if (chosen) this.#choose(chosen);
      this.#seen = seen;
      this.#isLoaded = true;
    } catch (error) {
      this.#isLoaded = false;
      explain(this.#form, this.#message, error);
    }
    this.#more.hidden = this.#next === null;
    this.#tellCount();
    this.#tellPlace();
  }

  /** @param {string[]} ids of products in the list, which show their names as soon as the catalog has told them */
  async #nameProducts(ids) {
    const products = await this.#catalog.findAll(ids);
    for (const input of this.#form.querySelectorAll("input[name=product]")) {
      const name = products.get(input.value)?.name;
      if (name) tell(find(".product-name", input.closest(".choice")), name);
    }
  }

  async #send() {
    hush(this.#message);
    const id = this.#chosen("product");
    fieldError(this.#form, "image", "");
    fieldError(this.#form, "id", id ? "" : "Choose the product that you have photographed.");
    if (!id) {
      this.#form.querySelector("input[name=product]")?.focus();
      return;
    }
    try {
      const name = this.#form.querySelector("input[name=product]:checked")?.closest(".choice")?.querySelector(".product-name")?.textContent;
      await this.#api.send("photograph", { schema: SCHEMA, id, image: placeOf(id, this.#chosen("shape")) });
      this.#done.add(id);
      this.#form.querySelector("input[name=product]:checked")?.closest(".choice")?.remove();
      this.#tellCount();
      this.#tellPlace();
      say(this.#message, "good", "Your picture of ", html("strong", {}, html("bdi", {}, name || id)), " is handed in. If it was the first, its sales count for you.");
      this.#message.focus();
    } catch (error) {
      explain(this.#form, this.#message, error);
    }
  }

  #tellCount() {
    tell(this.#note, this.#list.children.length ? "Products that nobody has photographed yet." : this.#isLoaded ? this.#nothing() : "");
  }

  /** @returns {string} why a list that was read has nothing in it */
  #nothing() {
    if (this.#next) return `None of the first ${counted(this.#seen, "product", "products")} is without a picture. There are more.`;
    if (!this.#seen) return "The shop has no products yet: a merchant has to offer one.";
    return "Every product in the shop has been photographed. Look again when a merchant has offered a new one.";
  }

  #tellPlace() {
    const id = this.#chosen("product");
    find("[data-part=place]", this.#form).textContent = id ? placeOf(id, this.#chosen("shape")) : "–";
    if (id) fieldError(this.#form, "id", "");
  }

  /**
   * @param {string} group
   * @returns {string} what is chosen of a group of radio buttons; "" for nothing
   */
  #chosen(group) {
    return this.#form.querySelector(`input[name=${group}]:checked`)?.value ?? "";
  }

  /** @param {string} id */
  #choose(id) {
    for (const input of this.#form.querySelectorAll("input[name=product]")) if (input.value === id) input.checked = true;
  }

  /**
   * @param {Contribution} product
   * @param {Map<string, string>} names
   */
  #choice({ productId, creator }, names) {
    const name = this.#names.of(productId) ?? "";
    const by = creator ? ["offered by ", html("bdi", {}, names.get(creator) ?? creator)] : ["offered by nobody that the log knows"];
    return html(
      "label",
      { class: "choice" },
      html("input", { type: "radio", name: "product", value: productId }),
      swatch(productId),
      html(
        "span",
        { class: "what" },
        html("bdi", { class: "product-name", hidden: !name }, name),
        " ",
        html("span", { class: "mono" }, productId),
        " ",
        html("span", { class: "by" }, ...by),
      ),
    );
  }
}

/**
 * The place that an event names, in the form bucket/key.
 * @param {string} id
 * @param {string} shape
 */
const placeOf = (id, shape) => `stand-in/i/p/${id}/${shape}.svg`;

/**
 * @param {string} name
 * @param {string} path
 * @param {boolean} checked
 */
function shape(name, path, checked) {
  const drawing = svg("svg", { class: "drawing", viewBox: "0 0 48 48", width: 64, height: 64, "aria-hidden": "true" }, svg("path", { d: path }));
  return html("label", { class: "shape" }, html("input", { type: "radio", name: "shape", value: name, checked }), drawing, html("span", {}, name));
}
