// What the catalog says of single products, asked once for all who want to know.

const KEEP_MS = 60_000;
const KEEP_UNKNOWN_MS = 5_000;
const AT_ONCE = 4;

/** @typedef {import("./api.js").Product} Product */

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
