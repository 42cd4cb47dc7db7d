// The shop: the catalog's categories, and the products of one of them.

import { counted, entitle, find, html, number, tell } from "./dom.js";
import { hush, once, say } from "./forms.js";
import { formatPrice } from "./prices.js";
import { CartButton, addressOf, picture } from "./products.js";

const MOST_CATEGORY_PAGES = 10;

/** @typedef {import("./api.js").Listed} Listed */
/** @typedef {import("./api.js").Category} Category */

export class Shop {
  #api;
  #basket;
  #currency;
  #part;
  #filter = find("#shop-filter");
  /** @type {Category[]} */
  #categories = [];
  /** The category that is shown; "" before there is one. */
  #category = "";
  /** @type {Map<string, Listed>} */
  #products = new Map();
  /** @type {Map<string, {drawing: string, tile: any, toCart: CartButton | null}>} */
  #tiles = new Map();
  /** The page after those that are loaded. @type {string | null} */
  #next = null;
  #pages = 1;
  #isLoaded = false;
  /** Answers of an earlier round come too late. */
  #round = 0;
  /** The product that somebody opened from here last. */
  #opened = "";

  /**
   * @param {HTMLElement} view
   * @param {import("./main.js").Page} page
   */
  constructor(view, { api, basket, currency }) {
    this.#api = api;
    this.#basket = basket;
    this.#currency = currency;
    this.#part = (/** @type {string} */ name) => find(`[data-part=${name}]`, view);
    const more = this.#part("more");
    const again = this.#part("again");
    more.addEventListener("click", () => once(more, "Looking…", () => this.#addPage()));
    again.addEventListener("click", () => once(again, "Looking…", () => this.#load()));
    this.#filter.addEventListener("input", () => this.#draw());
    basket.addEventListener("change", () => {
      for (const { toCart } of this.#tiles.values()) toCart?.show();
    });
    this.#part("products").addEventListener("click", (/** @type {Event} */ { target }) => {
      if (target instanceof Element) this.#opened = /** @type {HTMLElement | null} */ (target.closest("[data-product]"))?.dataset.product ?? "";
    });
  }

  /** @param {string} category "" for the one that was shown last, or else the first */
  open(category) {
    if (category && category !== this.#category) this.#choose(category);
    else if (this.#category) this.#tellAddress();
    this.#draw();
    this.#load();
    this.#basket.load();
  }

  close() {
    this.#round += 1;
  }

  /** @returns {boolean} whether the product that was opened from here has the focus again */
  restoreFocus() {
    const link = this.#tiles.get(this.#opened)?.tile.querySelector("a");
    link?.focus({ preventScroll: true });
    return link !== undefined && link === document.activeElement;
  }

  /** @param {string} category to show from now on */
  #choose(category) {
    this.#category = category;
    this.#products = new Map();
    this.#tiles = new Map();
    this.#next = null;
    this.#pages = 1;
    this.#isLoaded = false;
    this.#filter.value = "";
    this.#tellAddress();
  }

  #tellAddress() {
    history.replaceState(history.state, "", addressOf(this.#category));
    entitle(`${this.#category} · Shop`);
  }

  /** Load the categories and as many products as were loaded before. */
  async #load() {
    const round = ++this.#round;
    try {
      const asked = this.#readCategories();
      if (!this.#category) {
        const [first] = await asked;
        if (round !== this.#round) return;
        if (first) this.#choose(first.category);
      }
      const [categories, shelf] = await Promise.all([asked, this.#readPages()]);
      if (round !== this.#round) return;
      this.#categories = categories;
      this.#products = shelf.products;
      this.#next = shelf.next;
      this.#isLoaded = true;
      hush(this.#part("message"));
      this.#part("again").hidden = true;
    } catch (error) {
      if (round !== this.#round) return;
      this.#tellProblem(error);
    }
    this.#draw();
  }

  /** @returns {Promise<Category[]>} */
  async #readCategories() {
    let { categories, next } = await this.#api.categories();
    for (let pages = 1; next && pages < MOST_CATEGORY_PAGES; pages += 1) {
      const page = await this.#api.categories(next);
      categories = [...categories, ...page.categories];
      next = page.next;
    }
    return categories;
  }

  /** @returns {Promise<{products: Map<string, Listed>, next: string | null}>} */
  async #readPages() {
    /** @type {Map<string, Listed>} */
    const products = new Map();
    if (!this.#category) return { products, next: null };
    let next = null;
    for (let pages = 0; pages < this.#pages && (pages === 0 || next); pages += 1) {
      const page = await this.#api.products(this.#category, next);
      for (const product of page.products) products.set(product.id, product);
      next = page.next;
    }
    return { products, next };
  }

  async #addPage() {
    const round = ++this.#round;
    const before = new Set(this.#products.keys());
    try {
      const page = await this.#api.products(this.#category, this.#next);
      if (round !== this.#round) return;
      for (const product of page.products) this.#products.set(product.id, product);
      this.#next = page.next;
      this.#pages += 1;
      hush(this.#part("message"));
    } catch (error) {
      if (round !== this.#round) return;
      this.#tellProblem(error);
    }
    const held = document.activeElement === this.#part("more");
    this.#draw();
    if (held && this.#next === null) {
      const added = this.#shown().find(({ id }) => !before.has(id));
      if (added) this.#tiles.get(added.id)?.tile.querySelector("a").focus();
    }
  }

  /** @param {unknown} error */
  #tellProblem(error) {
    const old = this.#isLoaded ? " What is shown may be old." : "";
    say(this.#part("message"), "bad", `${error instanceof Error ? error.message : String(error)}${old}`);
    this.#part("again").hidden = false;
  }

  /** @returns {Listed[]} the loaded products that match what is typed */
  #shown() {
    const wanted = this.#filter.value.trim().toLowerCase();
    return [...this.#products.values()].filter(({ id, brand, name, description }) => `${brand} ${name} ${description} ${id}`.toLowerCase().includes(wanted));
  }

  #draw() {
    const isEmpty = this.#isLoaded && !this.#categories.length && !this.#products.size;
    const isUnreadable = !this.#isLoaded && !this.#part("again").hidden;
    this.#part("no-products").hidden = !isEmpty;
    this.#part("shelves").hidden = isEmpty || isUnreadable;
    this.#drawCategories();
    this.#part("category").textContent = this.#category || "Products";
    const shown = this.#shown();
    const list = this.#part("products");
    const wanted = shown.map((product) => this.#tile(product));
    if (wanted.length !== list.children.length || wanted.some((tile, index) => list.children[index] !== tile)) list.replaceChildren(...wanted);
    this.#part("more").hidden = this.#next === null;
    tell(this.#part("count"), this.#isLoaded ? this.#count(shown.length) : "Looking…");
    tell(this.#part("empty"), this.#isLoaded && !shown.length ? this.#nothing() : "");
  }

  /** @param {number} shown */
  #count(shown) {
    const loaded = this.#products.size;
    if (!loaded) return "";
    if (this.#filter.value.trim()) return `${number(shown)} of ${counted(loaded, "loaded product", "loaded products")} ${shown === 1 ? "is" : "are"} shown.`;
    const known = this.#categories.find(({ category }) => category === this.#category)?.products ?? 0;
    if (this.#next) return known > loaded ? `${number(loaded)} of ${number(known)} products are shown.` : `The first ${number(loaded)} products are shown.`;
    return loaded === 1 ? "1 product is shown." : `All ${number(loaded)} products are shown.`;
  }

  /** @returns {string} why no product is shown */
  #nothing() {
    if (!this.#products.size) return `The shop has no products in “${this.#category}”. Choose another category.`;
    const more = this.#next ? " Load more products to search them too." : "";
    return `No loaded product matches “${this.#filter.value.trim()}”.${more}`;
  }

  #drawCategories() {
    const list = this.#part("categories");
    const drawing = JSON.stringify([this.#categories, this.#category]);
    if (list.dataset.drawing === drawing) return;
    list.dataset.drawing = drawing;
    const held = list.contains(document.activeElement);
    list.replaceChildren(...this.#categories.map((category) => html("li", {}, categoryLink(category, category.category === this.#category))));
    const current = list.querySelector("[aria-current]");
    if (!(current instanceof HTMLElement)) return;
    list.scrollLeft = current.offsetLeft - list.offsetLeft - (list.clientWidth - current.offsetWidth) / 2; // a strip on a phone
    if (held) current.focus({ preventScroll: true });
  }

  /** @param {Listed} product */
  #tile(product) {
    const drawing = JSON.stringify(product);
    const kept = this.#tiles.get(product.id);
    if (kept?.drawing === drawing) return kept.tile;
    const toCart = product.cents === null ? null : new CartButton(this.#basket, () => product, { look: "quiet small", news: this.#part("news") });
    const tile = html(
      "li",
      { class: "tile", "data-product": product.id },
      picture(product),
      html("h3", { class: "product-name" }, html("a", { href: `#/product/${product.id}` }, html("bdi", {}, product.name))),
      html("p", { class: "by" }, html("bdi", {}, product.brand)),
      product.cents === null ? html("p", { class: "by" }, "No price yet") : html("p", { class: "price" }, formatPrice(product.cents, this.#currency)),
      ...(toCart ? [toCart.root] : []),
    );
    this.#tiles.set(product.id, { drawing, tile, toCart });
    return tile;
  }
}

/**
 * @param {Category} category
 * @param {boolean} isCurrent
 */
function categoryLink({ category, products }, isCurrent) {
  const many = html("span", { class: "many" }, number(products), html("span", { class: "visually-hidden" }, products === 1 ? " product" : " products"));
  return html("a", { href: addressOf(category), "aria-current": isCurrent && "true" }, html("bdi", {}, category), " ", many);
}
