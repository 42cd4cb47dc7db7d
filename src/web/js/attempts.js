// Idempotency keys: the same for every attempt to send the same thing, another for the next thing.

import { storageOf } from "./storage.js";

const STORE = "hello-retail.attempts";

/** Attempts whose outcome is not known yet, kept over a reload of the tab. */
export class Attempts {
  #storage;
  /** @type {Record<string, {user: string, body: string, key: string}>} */
  #open;

  /** @param {import("./storage.js").Store} [storage] */
  constructor(storage = storageOf("sessionStorage")) {
    this.#storage = storage;
    try {
      this.#open = JSON.parse(storage.getItem(STORE) ?? "{}") ?? {};
    } catch {
      this.#open = {};
    }
  }

  /**
   * Return the key under which to send `body`.
   * @param {string} name of the form, or of the button
   * @param {string} user who sends
   * @param {string} body
   */
  key(name, user, body) {
    const known = Object.hasOwn(this.#open, name) ? this.#open[name] : null;
    if (known?.user === user && known.body === body) return known.key;
    const key = crypto.randomUUID();
    this.#open[name] = { user, body, key };
    this.#save();
    return key;
  }

  /**
   * The outcome is known: the next thing sent from there is another.
   * @param {string} name
   */
  settle(name) {
    delete this.#open[name];
    this.#save();
  }

  #save() {
    try {
      this.#storage.setItem(STORE, JSON.stringify(this.#open));
    } catch {
      // no room: the keys hold until a reload
    }
  }
}
