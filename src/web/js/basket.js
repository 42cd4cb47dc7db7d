// The cart of who is signed in: what the shop says of it, and what was changed here and is not in its answers yet.

import { SessionLost } from "./session.js";

const SCHEMAS = "com.nordstrom/cart/";
const AGAIN_MS = 1000;
/** How long what was done here is shown before the shop's own word counts again. */
const TRUST_MS = 15_000;
export const MOST_PIECES = 99;

/** @typedef {import("./api.js").CartLine} CartLine */
/** @typedef {import("./api.js").Order} Order */
/** @typedef {Pick<CartLine, "id" | "name" | "brand" | "cents" | "image">} Goods */
/**
 * A line as it will be once the log has a change; `until` is Infinity while the change is being sent.
 * @typedef {{line: CartLine, until: number}} Expected
 */

/** @param {CartLine} line */
export const isOnSale = ({ name, cents }) => name !== null && cents !== null;

/**
 * Fires `change` whenever what is in the cart may have changed. A change shows at once; the shop is asked until its
 * answer has it, and after 15 seconds its answer counts in any case.
 */
export class Basket extends EventTarget {
  #api;
  #session;
  /** @type {string | null} */
  #owner = null;
  /** The lines as the shop has told them; null before it has. @type {Map<string, CartLine> | null} */
  #lines = null;
  /** @type {Map<string, Expected>} */
  #expected = new Map();
  /** Changes of one product are sent one after another. @type {Map<string, Promise<void>>} */
  #turns = new Map();
  /** The last change of each product that makes those before it needless. @type {Map<string, Expected>} */
  #latest = new Map();
  /** Orders that were placed here and have not ended yet. @type {Set<string>} */
  #placed = new Set();
  /** @type {number | undefined} */
  #timer;
  #round = 0;
  /** Why the cart cannot be read; "" where it can. */
  problem = "";

  /**
   * @param {import("./api.js").Api} api
   * @param {import("./session.js").Session} session
   */
  constructor(api, session) {
    super();
    this.#api = api;
    this.#session = session;
    this.#owner = session.user?.id ?? null;
    session.addEventListener("change", () => this.#changeOwner());
  }

  /** @returns {boolean} whether the shop has told what is in the cart */
  get isLoaded() {
    return this.#lines !== null;
  }

  /** @returns {CartLine[]} by name, what is not on sale last */
  get lines() {
    const lines = new Map(this.#lines);
    for (const [id, { line }] of this.#expected) lines.set(id, { ...line, ...lines.get(id), quantity: line.quantity });
    const key = (/** @type {CartLine} */ { id, name }) => `${name === null ? 1 : 0} ${name ?? ""} ${id}`;
    return [...lines.values()].filter(({ quantity }) => quantity > 0).sort((one, other) => key(one).localeCompare(key(other)));
  }

  /** @returns {number} pieces of all products */
  get pieces() {
    return this.lines.reduce((sum, { quantity }) => sum + quantity, 0);
  }

  /** @param {string} id of a product */
  quantityOf(id) {
    return (this.#expected.get(id)?.line ?? this.#lines?.get(id))?.quantity ?? 0;
  }

  /** Ask the shop what is in the cart. */
  async load() {
    clearTimeout(this.#timer);
    const round = ++this.#round;
    if (!this.#session.user) return;
    try {
      const { lines } = await this.#api.cart();
      if (round !== this.#round) return;
      this.#lines = new Map(lines.map((line) => [line.id, line]));
      this.problem = "";
    } catch (error) {
      if (round !== this.#round || error instanceof SessionLost) return;
      this.problem = error instanceof Error ? error.message : String(error);
    }
    for (const [id, { line, until }] of this.#expected) {
      const isThere = (this.#lines?.get(id)?.quantity ?? 0) === line.quantity;
      if (Date.now() > until || (isThere && until < Infinity)) this.#expected.delete(id);
    }
    this.#changed();
    this.#watch();
  }

  /**
   * Put one piece of a product into the cart.
   * @param {Goods} goods
   * @returns {Promise<void>} when the shop has taken the change
   * @throws {Error} with a sentence
   */
  add(goods) {
    if (this.quantityOf(goods.id) >= MOST_PIECES) return Promise.reject(new Error(`A cart takes at most ${MOST_PIECES} pieces of a product.`));
    return this.#change(goods, this.quantityOf(goods.id) + 1, "add");
  }

  /**
   * @param {Goods} goods
   * @param {number} quantity 0 takes the product out
   * @returns {Promise<void>} when the shop has taken the change
   * @throws {Error} with a sentence
   */
  set(goods, quantity) {
    return this.#change(goods, quantity, quantity ? "set" : "remove");
  }

  /** @returns {Promise<void>} when nothing is on its way to the shop any more */
  async settle() {
    await Promise.all(this.#turns.values());
  }

  /**
   * Take out what was ordered; the shop does so when the order is confirmed.
   * @param {Order} order
   */
  order({ id, lines }) {
    this.#placed.add(id);
    for (const { id: product, quantity } of lines) {
      const line = this.lines.find((each) => each.id === product);
      if (line) this.#expect({ ...line, quantity: Math.max(0, line.quantity - quantity) }, Date.now() + TRUST_MS);
    }
    this.#changed();
    this.#watch();
  }

  /**
   * Hear how an order has ended: what was not bought is in the cart again.
   * @param {Order} order
   */
  end({ id, lines, state }) {
    if (!this.#placed.delete(id)) return;
    for (const { id: product } of lines) {
      const expected = this.#expected.get(product);
      if (!expected || expected.until === Infinity) continue;
      if (state === "confirmed") expected.until = Date.now() + TRUST_MS;
      else this.#expected.delete(product);
    }
    this.#changed();
    this.load();
  }

  /**
   * @param {Goods} goods
   * @param {number} quantity
   * @param {"add" | "set" | "remove"} act
   */
  async #change({ id, name, brand, cents, image }, quantity, act) {
    const expected = this.#expect({ id, name, brand, cents, image, quantity }, Infinity);
    if (act !== "add") this.#latest.set(id, expected);
    const data = { schema: `${SCHEMAS}${act}/1-0-0`, id, ...(act === "set" && { quantity }) };
    const before = this.#turns.get(id) ?? Promise.resolve();
    const latest = this.#latest.get(id);
    const turn = before.then(async () => {
      if (this.#latest.get(id) === latest) await this.#api.send(`cart ${id}`, data);
    });
    const turnOver = turn.catch(() => {});
    this.#turns.set(id, turnOver);
    this.#changed();
    try {
      await turn;
    } catch (error) {
      if (this.#expected.get(id) === expected) this.#expected.delete(id);
      this.#changed();
      throw error;
    } finally {
      expected.until = Date.now() + TRUST_MS;
      if (this.#turns.get(id) === turnOver) this.#turns.delete(id);
    }
    this.#watch();
  }

  /**
   * @param {CartLine} line
   * @param {number} until
   */
  #expect(line, until) {
    const expected = { line, until };
    this.#expected.set(line.id, expected);
    return expected;
  }

  /** Ask again for as long as something is expected. */
  #watch() {
    clearTimeout(this.#timer);
    if ([...this.#expected.values()].some(({ until }) => until < Infinity)) this.#timer = setTimeout(() => this.load(), AGAIN_MS);
  }

  #changeOwner() {
    const owner = this.#session.user?.id ?? null;
    if (owner === this.#owner || this.#session.isLost) return;
    if (this.#owner) this.#expected.clear(); // who signs in to put something into the cart has put it there
    this.#owner = owner;
    this.#lines = null;
    this.problem = "";
    this.#changed();
    this.load();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
