// Buying products.

import { counted, find, html, tell } from "./dom.js";
import { gate, hush, once, say } from "./forms.js";
import { people, swatch } from "./products.js";

const SCHEMA = "com.nordstrom/product/purchase/1-0-0";
const A_MOMENT_MS = 60_000;
const ID = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}$/;

/** @typedef {import("./api.js").Contribution} Contribution */

export class Buy {
  #view;
  #api;
  #names;
  #part;
  #filter = find("#buy-filter");
  /** @type {Map<string, Contribution>} */
  #products = new Map();
  /** @type {Map<string, any>} */
  #lines = new Map();
  /** @type {Map<string, string>} */
  #people = new Map();
  /** @type {Map<string, number>} */
  #bought = new Map();
  /** @type {string | null} */
  #next = null;
  #isLoaded = false;

  /**
   * @param {HTMLElement} view
   * @param {import("./api.js").Api} api
   * @param {import("./products.js").Names} names
   */
  constructor(view, api, names) {
    this.#view = view;
    this.#api = api;
    this.#names = names;
    this.#part = (/** @type {string} */ name) => find(`[data-part=${name}]`, view);
    const refresh = this.#part("refresh");
    const more = this.#part("more");
    refresh.addEventListener("click", () => once(refresh, "Looking…", () => this.#load(null)));
    more.addEventListener("click", () => once(more, "Looking…", () => this.#load(this.#next)));
    this.#filter.addEventListener("input", () => this.#draw());
    this.#filter.addEventListener("change", () => this.#lookUp(this.#filter.value.trim()));
  }

  open() {
    const refresh = this.#part("refresh");
    once(refresh, "Looking…", () => this.#load(null));
  }

  close() {}

  /** @param {import("./session.js").User | null} user */
  showUser(user) {
    gate(this.#view, user, null, "buy products");
  }

  /** @param {string | null} place of a page; null for the first, which takes the place of all that is shown */
  async #load(place) {
    try {
      const before = place === null ? this.#own() : [...this.#products.values()];
      const [page, names, first] = await Promise.all([this.#api.contributions(place), people(this.#api), before]);
      this.#products = new Map([...first, ...page.products].map((product) => [product.productId, product]));
      this.#people = names;
      this.#next = page.next;
      this.#isLoaded = true;
      hush(this.#part("message"));
    } catch (error) {
      say(this.#part("message"), "bad", error instanceof Error ? error.message : String(error));
    }
    this.#draw();
  }

  /**
   * What was offered from this browser last. The shop may not have heard yet of what is a moment old; of what is older
   * and unknown to it, it is another shop, put up anew.
   * @returns {Promise<Contribution[]>}
   */
  async #own() {
    const last = this.#names.all.slice(0, 3);
    const known = await Promise.all(last.map(({ id }) => this.#api.contribution(id)));
    return last.flatMap(({ id, at = 0 }, index) => known[index] ?? (Date.now() - at < A_MOMENT_MS ? [{ productId: id, creator: null, photographer: null }] : []));
  }

  /** @param {string} text that may be the id of a product on a later page */
  async #lookUp(text) {
    if (!ID.test(text) || this.#products.has(text)) return;
    try {
      const product = await this.#api.contribution(text);
      if (product) this.#products.set(product.productId, product);
    } catch (error) {
      say(this.#part("message"), "bad", error instanceof Error ? error.message : String(error));
    }
    this.#draw();
  }

  /** @returns {Contribution[]} */
  #shown() {
    const wanted = this.#filter.value.trim().toLowerCase();
    const texts = (/** @type {string} */ id) => `${id} ${this.#names.of(id) ?? ""}`.toLowerCase();
    return [...this.#products.values()].filter((product) => texts(product.productId).includes(wanted));
  }

  #draw() {
    const shown = this.#shown();
    for (const product of shown) {
      const line = this.#lines.get(product.productId) ?? this.#line(product.productId);
      find(".by", line).replaceChildren(...this.#credits(product));
    }
    const wanted = shown.map((product) => this.#lines.get(product.productId));
    const list = this.#part("products");
    if (wanted.length !== list.children.length || wanted.some((line, index) => list.children[index] !== line)) list.replaceChildren(...wanted);
    this.#part("more").hidden = this.#next === null;
    const nothing = this.#products.size
      ? `None of ${counted(this.#products.size, "product", "products")} here matches. Press Enter to look a whole id up in the shop.`
      : "The shop has no products yet: a merchant has to offer one.";
    tell(this.#part("empty"), this.#isLoaded && !shown.length ? nothing : "");
  }

  /** @param {Contribution} product */
  #credits({ creator, photographer }) {
    const who = (/** @type {string} */ id) => html("bdi", {}, this.#people.get(id) ?? id);
    return [
      ...(creator ? ["offered by ", who(creator)] : []),
      ...(creator && photographer ? [" · "] : []),
      ...(photographer ? ["photographed by ", who(photographer)] : []),
      ...(creator && !photographer ? [" · no picture yet"] : []),
    ];
  }

  /** @param {string} id */
  #line(id) {
    const name = this.#names.of(id);
    const button = html("button", { type: "button", class: "primary buy" }, "Buy");
    const label = html("span", { class: "visually-hidden" }, ` ${name ?? id}`);
    button.append(label);
    const line = html(
      "li",
      { class: "product", "data-product": id },
      swatch(id),
      html("div", { class: "what" }, ...(name ? [html("bdi", { class: "product-name" }, name)] : []), html("span", { class: "mono" }, id), html("span", { class: "by" })),
      html("p", { class: "outcome", hidden: true }),
      button,
    );
    button.addEventListener("click", () =>
      once(button, "Buying…", async () => {
        await this.#buy(id, line);
        button.replaceChildren("Buy", label);
      }),
    );
    this.#lines.set(id, line);
    return line;
  }

  /**
   * @param {string} id
   * @param {HTMLElement} line
   */
  async #buy(id, line) {
    const outcome = find(".outcome", line);
    tell(outcome, "");
    outcome.removeAttribute("role");
    try {
      await this.#api.send(`buy ${id}`, { schema: SCHEMA, id });
      const count = (this.#bought.get(id) ?? 0) + 1;
      this.#bought.set(id, count);
      outcome.className = "outcome is-good";
      tell(outcome, count === 1 ? "Bought" : `Bought ${count} times`);
      this.#part("status").textContent = `${this.#names.of(id) ?? "The product"} is bought${count === 1 ? "" : `, now ${count} times`}.`;
    } catch (error) {
      outcome.className = "outcome is-bad";
      outcome.setAttribute("role", "alert");
      tell(outcome, error instanceof Error ? error.message : String(error));
    }
  }
}
