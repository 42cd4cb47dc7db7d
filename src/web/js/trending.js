// What sells just now: the trending products by name, on the board.

import { find, html } from "./dom.js";
import { swatch } from "./products.js";

const SHOWN = 5;
const EVERY_MS = 10_000;
const SCORE = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** @typedef {import("./api.js").Trend} Trend */

export class Trending {
  #card;
  #api;
  #catalog;
  /** @type {number | undefined} */
  #timer;
  #round = 0;
  #drawing = "";

  /**
   * @param {HTMLElement} card
   * @param {import("./api.js").Api} api
   * @param {import("./products.js").Catalog} catalog
   */
  constructor(card, api, catalog) {
    this.#card = card;
    this.#api = api;
    this.#catalog = catalog;
  }

  /** Ask from now on, while somebody looks. */
  start() {
    this.stop();
    this.#ask(this.#round);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#round += 1;
  }

  /** @param {number} round answers of an earlier one come too late */
  async #ask(round) {
    try {
      const trends = await this.#api.trending(SHOWN);
      const products = await this.#catalog.findAll(trends.map(({ productId }) => productId));
      if (round === this.#round) this.#draw(trends, products);
    } catch {
      // the board says that the shop cannot be reached; the list stays as it was
    }
    if (round === this.#round) this.#timer = setTimeout(() => this.#ask(round), EVERY_MS);
  }

  /**
   * @param {Trend[]} trends
   * @param {Map<string, import("./api.js").Product>} products
   */
  #draw(trends, products) {
    const lines = trends.map(({ productId, score }) => ({ id: productId, name: products.get(productId)?.name, score: SCORE.format(score) }));
    const drawing = JSON.stringify(lines);
    if (drawing === this.#drawing) return; // who reads or selects is not disturbed
    this.#drawing = drawing;
    find("[data-part=empty]", this.#card).hidden = lines.length > 0;
    find("[data-part=trending]", this.#card).replaceChildren(...lines.map(line));
  }
}

/** @param {{id: string, name: string | undefined, score: string}} line */
function line({ id, name, score }) {
  const what = name === undefined ? html("span", { class: "mono" }, id) : html("bdi", {}, name);
  return html(
    "li",
    { "data-product": id },
    swatch(id),
    html("a", { class: "product-name", href: `#/product/${id}` }, what),
    html("span", { class: "trend" }, score, html("span", { class: "visually-hidden" }, " recent sales")),
  );
}
