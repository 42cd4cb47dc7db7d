// What views share about products: what the catalog says of single ones, names that were typed here, pictures, whose
// product one is, the button to the cart.

import { html, number, set, svg, tell } from "./dom.js";
import { storageOf } from "./storage.js";

const STORE = "hello-retail.names";
const MOST = 300;
const PEOPLE = 100;
const KEEP_MS = 60_000;
const KEEP_UNKNOWN_MS = 5_000;
const AT_ONCE = 4;

/** @typedef {import("./api.js").Product} Product */
/** @typedef {{id: string, name: string, at?: number}} Named `at` is when it was offered */

/** Products that were offered from this browser: what to call them until the catalog has them. */
export class Names {
  #storage = storageOf("localStorage");
  /** @type {Named[]} */
  #known;

  constructor() {
    try {
      const stored = JSON.parse(this.#storage.getItem(STORE) ?? "[]");
      this.#known = Array.isArray(stored) ? stored : [];
    } catch {
      this.#known = [];
    }
  }

  /** @returns {Named[]} the latest first */
  get all() {
    return this.#known;
  }

  /**
   * @param {string} id
   * @returns {string | null}
   */
  of(id) {
    return this.#known.find((product) => product.id === id)?.name ?? null;
  }

  /**
   * @param {string} id
   * @returns {number} when it was offered from here, in milliseconds since 1970; 0 where it was not
   */
  offeredAt(id) {
    return this.#known.find((product) => product.id === id)?.at ?? 0;
  }

  /**
   * @param {string} id
   * @param {string} name
   */
  add(id, name) {
    this.#known = [{ id, name, at: Date.now() }, ...this.#known.filter((product) => product.id !== id)].slice(0, MOST);
    try {
      this.#storage.setItem(STORE, JSON.stringify(this.#known));
    } catch {
      // no room: known until a reload
    }
  }
}

/** What the catalog says of single products, asked once for all who want to know. */
export class Catalog {
  #api;
  /** @type {Map<string, {until: number, product: Promise<Product | null>}>} */
  #kept = new Map();

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
  }

  /**
   * Return a product, up to a minute old.
   * @param {string} id
   * @returns {Promise<Product | null>} null where the catalog does not know it (yet)
   * @throws {Error} with a sentence
   */
  find(id) {
    const kept = this.#kept.get(id);
    return kept && Date.now() < kept.until ? kept.product : this.ask(id);
  }

  /**
   * Return a product as it is now.
   * @param {string} id
   * @returns {Promise<Product | null>}
   * @throws {Error} with a sentence
   */
  ask(id) {
    const entry = { until: Date.now() + KEEP_MS, product: this.#api.product(id) };
    this.#kept.set(id, entry);
    entry.product.then(
      (product) => {
        if (!product) entry.until = Date.now() + KEEP_UNKNOWN_MS;
      },
      () => {
        if (this.#kept.get(id) === entry) this.#kept.delete(id);
      },
    );
    return entry.product;
  }

  /**
   * Return those of some products that the catalog knows, a few requests at a time. One that cannot be read is left out.
   * @param {string[]} ids
   * @returns {Promise<Map<string, Product>>}
   */
  async findAll(ids) {
    /** @type {Map<string, Product>} */
    const products = new Map();
    const left = [...ids];
    const work = async () => {
      for (let id = left.shift(); id !== undefined; id = left.shift()) {
        const product = await this.find(id).catch(() => null);
        if (product) products.set(id, product);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return products;
  }
}

/**
 * Return the display names of contributors by their masked ids, as far as the boards tell.
 * @param {import("./api.js").Api} api
 * @returns {Promise<Map<string, string>>} empty where the boards cannot be read: masks will do
 */
export async function people(api) {
  const boards = await Promise.allSettled(["merchant", "photographer"].map((role) => api.scores(role, PEOPLE)));
  const entries = boards.flatMap((board) => (board.status === "fulfilled" ? board.value : []));
  return new Map(entries.map((entry) => [entry.userId, entry.name]));
}

/**
 * Return the address of a category's products.
 * @param {string} category
 */
export const addressOf = (category) => `#/shop/${encodeURIComponent(category)}`;

/**
 * Say whether a masked user id is a user's. A mask begins with the last four characters of the id, then a hash.
 * @param {string} mask
 * @param {import("./session.js").User | null} user
 */
export function isMaskOf(mask, user) {
  return user !== null && mask.startsWith(`***${user.id.slice(-4)}-`);
}

/**
 * The picture of a product, or a drawing where it has none or the picture cannot be loaded.
 * @param {{id: string, image: string | null}} product
 */
export function picture({ id, image }) {
  const drawing = swatch(id);
  set(drawing, { class: "picture", preserveAspectRatio: "xMidYMid slice" });
  const address = image && new URL(image, document.baseURI);
  if (!address || address.origin !== location.origin) return drawing;
  const photo = html("img", { class: "picture", src: address.href, alt: "", loading: "lazy", decoding: "async" });
  photo.addEventListener("error", () => photo.replaceWith(drawing), { once: true });
  return photo;
}

/**
 * A small drawing that looks the same for the same id, and seldom for another.
 * @param {string} id
 */
export function swatch(id) {
  let seed = 0x811c9dc5;
  const next = () => {
    seed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d);
    return ((seed = Math.imul(seed ^ (seed >>> 12), 0x297a2d39) ^ seed) >>> 8) / 2 ** 24;
  };
  for (const character of id) seed = Math.imul(seed ^ (character.codePointAt(0) ?? 0), 0x01000193);
  const hue = Math.floor(next() * 360);
  const marks = Array.from({ length: 3 }, (_, index) => {
    const fill = `hsl(${(hue + 25 + index * 40) % 360} 55% ${48 + index * 12}%)`;
    return svg("circle", { cx: 6 + next() * 28, cy: 6 + next() * 28, r: 6 + next() * 9, fill, "fill-opacity": 0.85 });
  });
  const ground = svg("rect", { width: 40, height: 40, fill: `hsl(${hue} 40% 82%)` });
  return svg("svg", { class: "swatch", viewBox: "0 0 40 40", width: 40, height: 40, "aria-hidden": "true" }, ground, ...marks);
}

/** The button that puts a product into the cart, with how many pieces are in there. */
export class CartButton {
  #basket;
  #goods;
  #outcome = html("span", { "data-part": "in-cart", hidden: true });

  /**
   * @param {import("./basket.js").Basket} basket
   * @param {() => import("./basket.js").Goods} goods as they are when the button is pressed
   * @param {{look: string, news: HTMLElement}} options the button's classes; where a screen reader is told
   */
  constructor(basket, goods, { look, news }) {
    this.#basket = basket;
    this.#goods = goods;
    const button = html("button", { type: "button", class: look, "data-part": "add" }, "Add to cart", html("span", { class: "visually-hidden" }, `: ${goods().name}`));
    this.root = html("p", { class: "to-cart" }, button, this.#outcome);
    button.addEventListener("click", () => this.#add(news));
    this.show();
  }

  /** Show what the cart has of it now. */
  show() {
    const quantity = this.#basket.quantityOf(this.#goods().id);
    this.#outcome.removeAttribute("role");
    this.#outcome.className = "in-cart is-good";
    if (quantity) this.#outcome.replaceChildren(html("a", { href: "#/cart" }, `${number(quantity)} in your cart`));
    this.#outcome.hidden = !quantity;
  }

  /** @param {HTMLElement} news */
  async #add(news) {
    const goods = this.#goods();
    const added = this.#basket.add(goods);
    news.textContent = `${goods.name}: ${number(this.#basket.quantityOf(goods.id))} in your cart.`;
    try {
      await added;
    } catch (error) {
      news.textContent = "";
      this.#outcome.className = "in-cart is-bad";
      this.#outcome.setAttribute("role", "alert");
      tell(this.#outcome, error instanceof Error ? error.message : String(error));
    }
  }
}
