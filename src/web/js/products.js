// What views share about products: names that were typed here, pictures, and whose product one is.

import { html, set, svg } from "./dom.js";
import { storageOf } from "./storage.js";

const STORE = "hello-retail.names";
const MOST = 300;
const PEOPLE = 100;

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
