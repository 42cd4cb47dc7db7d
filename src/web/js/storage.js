// What this browser keeps for the page; where site data is blocked, this page alone remembers.

const ATTEMPTS = "hello-retail.attempts";

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Store */

/**
 * Return a storage of the browser, or one in memory where reaching for it throws.
 * @param {"localStorage" | "sessionStorage"} name
 * @returns {Store} its `setItem` may throw still, where it is full
 */
export function storageOf(name) {
  try {
    return window[name] ?? inMemory();
  } catch {
    return inMemory();
  }
}

/** @returns {Store} */
function inMemory() {
  /** @type {Map<string, string>} */
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

/**
 * Attempts whose outcome is not known yet, kept over a reload of the tab, each with its idempotency key: the same for
 * every attempt to send the same thing, another for the next thing.
 */
export class Attempts {
  #storage;
  /** @type {Record<string, {user: string, body: string, key: string}>} */
  #open;

  /** @param {Store} [storage] */
  constructor(storage = storageOf("sessionStorage")) {
    this.#storage = storage;
    try {
      this.#open = JSON.parse(storage.getItem(ATTEMPTS) ?? "{}") ?? {};
    } catch {
      this.#open = {};
    }
  }

  /**
   * Return the key under which to send `body`.
   * @param {string} name of the form, or of the button
   * @param {string} user who sends
   * @param {string} body
   * @param {() => string} [make] makes a new key
   */
  key(name, user, body, make = () => crypto.randomUUID()) {
    const known = this.find(name, user);
    if (known?.body === body) return known.key;
    const key = make();
    this.#open[name] = { user, body, key };
    this.#save();
    return key;
  }

  /**
   * Return the attempt of a user whose outcome is not known.
   * @param {string} name of the form, or of the button
   * @param {string} user
   */
  find(name, user) {
    const known = Object.hasOwn(this.#open, name) ? this.#open[name] : null;
    return known?.user === user ? known : null;
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
      this.#storage.setItem(ATTEMPTS, JSON.stringify(this.#open));
    } catch {
      // no room: the keys hold until a reload
    }
  }
}
