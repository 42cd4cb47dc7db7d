// Products as people can tell them apart: by id, by the names this browser knows, by a drawing made from the id.

import { svg } from "./dom.js";
import { storageOf } from "./storage.js";

const STORE = "hello-retail.names";
const MOST = 300;
const PEOPLE = 100;

/** @typedef {{id: string, name: string, at?: number}} Named `at` is when it was offered */

/** Names of products that were offered from this browser: the shop itself keeps none. */
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
