// The shop's API: reads that anybody may ask for, and events sent by who is signed in.

import { Problem, TimedOut, Unreachable, json, request } from "./http.js";
import { SessionLost } from "./session.js";

const PAGE = 100;
const PRODUCTS = 48;
const RETRIES = 2;
const LONGEST_WAIT_S = 5;
const OPEN_OUTCOME = new Set([408, 409, 425, 429]);
const ORDERS = 20;
/** The shop takes an order whose id is up to ten minutes old. */
const ORDER_MS = 9 * 60_000;

/** @typedef {{rank: number, userId: string, name: string, score: number}} Entry */
/** @typedef {{productId: string, creator: string | null, photographer: string | null}} Contribution */
/** @typedef {{rank: number, productId: string, score: number}} Trend */
/** @typedef {{category: string, products: number}} Category */
/** @typedef {{id: string, brand: string, name: string, description: string, cents: number | null, image: string | null}} Listed */
/** @typedef {Listed & {category: string, merchant: string, offeredAt: string, inStock: boolean}} Product */

/**
 * An assignment: take the picture of a product until a time (ISO 8601).
 * @typedef {{product: string, name: string, brand: string, attempt: number, until: string, problem: string | null, state: "asked" | "delivered"}} Assignment
 */
/** @typedef {{registered: boolean, left: number, completed: number, assignment: Assignment | null}} Inbox */
/**
 * A line of the cart; without name and price while its product is not on sale.
 * @typedef {{id: string, quantity: number, name: string | null, brand: string | null, cents: number | null, image: string | null}} CartLine
 */
/** @typedef {"new" | "reserved" | "paid" | "confirmed" | "refused" | "declined" | "cancelled"} OrderState */
/** @typedef {{id: string, quantity: number, cents: number | null, name: string | null}} OrderLine name and price once it is reserved */
/**
 * An order. `reason` is a code, about `products` where it is about some.
 * @typedef {{id: string, state: OrderState, placedAt: string, lines: OrderLine[], totalCents: number | null, expectedCents: number, reason: string | null, products: string[], newTotalCents: number | null}} Order
 */
/** @typedef {{url: string, fields: Record<string, string>, expires: string}} Ticket where a picture may be posted, and until when */

/** @param {number} seconds */
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

export class Api {
  #url;
  #session;
  #attempts;
  #askToSignIn;
  /** How far the shop's clock is ahead of this one, in milliseconds. */
  #ahead = 0;

  /**
   * @param {string} url without a slash at its end
   * @param {import("./session.js").Session} session
   * @param {import("./storage.js").Attempts} attempts
   * @param {(reason: string) => Promise<void>} askToSignIn rejects where the person would rather not
   */
  constructor(url, session, attempts, askToSignIn) {
    this.#url = url;
    this.#session = session;
    this.#attempts = attempts;
    this.#askToSignIn = askToSignIn;
  }

  /**
   * The best of a role. `no-cache` has the browser ask with If-None-Match, and hand out its copy on a 304.
   * @param {string} role
   * @param {number} limit
   * @returns {Promise<Entry[]>}
   */
  async scores(role, limit) {
    const query = new URLSearchParams({ role, limit: String(limit) });
    return json(await request(`${this.#url}/scores?${query}`, { cache: "no-cache", timeout: 5000 }));
  }

  /**
   * One page of products.
   * @param {string | null} [place] of the page, as the page before says; null for the first
   * @returns {Promise<{products: Contribution[], next: string | null}>}
   */
  async contributions(place = null) {
    const answer = await request(place ?? `${this.#url}/contributions?limit=${PAGE}`, { cache: "no-cache" });
    return { products: json(answer), next: nextPage(answer, this.#url) };
  }

  /**
   * The products that sell most just now.
   * @param {number} limit
   * @returns {Promise<Trend[]>}
   */
  async trending(limit) {
    return json(await request(`${this.#url}/trending?limit=${limit}`, { cache: "no-cache" }));
  }

  /**
   * One page of the catalog's categories, by name.
   * @param {string | null} [place] of the page, as the page before says; null for the first
   * @returns {Promise<{categories: Category[], next: string | null}>}
   */
  async categories(place = null) {
    const answer = await request(place ?? `${this.#url}/categories?limit=${PAGE}`, { cache: "no-cache" });
    return { categories: json(answer), next: nextPage(answer, this.#url) };
  }

  /**
   * One page of a category's products, by name.
   * @param {string} category
   * @param {string | null} [place] of the page, as the page before says; null for the first
   * @returns {Promise<{products: Listed[], next: string | null}>}
   */
  async products(category, place = null) {
    const query = new URLSearchParams({ category, limit: String(PRODUCTS) });
    const answer = await request(place ?? `${this.#url}/products?${query}`, { cache: "no-cache" });
    return { products: json(answer), next: nextPage(answer, this.#url) };
  }

  /**
   * @param {string} id
   * @returns {Promise<Product | null>} null where nobody has offered it
   */
  async product(id) {
    try {
      return json(await request(`${this.#url}/products/${encodeURIComponent(id)}`, { cache: "no-cache" }));
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return null;
      throw error;
    }
  }

  /**
   * @returns {Promise<import("./session.js").User>} who is signed in, after asking the person to sign in if need be
   */
  async user() {
    await this.#token();
    return /** @type {import("./session.js").User} */ (this.#session.user);
  }

  /**
   * The photographer's inbox. Nobody is asked to sign in for it.
   * @returns {Promise<{inbox: Inbox, now: number}>} `now` is the shop's time, in milliseconds since 1970
   * @throws {SessionLost} when nobody is signed in
   */
  async assignments() {
    const inbox = json(await this.#readOwn(`${this.#url}/assignments`));
    return { inbox, now: this.#now() };
  }

  /**
   * Ask where to upload a picture of an assignment.
   * @param {string} product id
   * @param {Blob} picture
   * @returns {Promise<Ticket>}
   * @throws {Problem} 404 where it is somebody else's, 410 where its time is over
   */
  async uploadTicket(product, picture) {
    const body = JSON.stringify({ contentType: picture.type, bytes: picture.size });
    const address = `${this.#url}/assignments/${encodeURIComponent(product)}/uploads`;
    return this.#asUser(async (token) => json(await request(address, posting(token, body))));
  }

  /**
   * The cart of who is signed in.
   * @returns {Promise<{lines: CartLine[], totalCents: number}>}
   * @throws {SessionLost} when nobody is signed in
   */
  async cart() {
    return json(await this.#readOwn(`${this.#url}/cart`));
  }

  /**
   * One page of the orders of who is signed in, the newest first.
   * @param {string | null} [place] of the page, as the page before says; null for the first
   * @returns {Promise<{orders: Order[], next: string | null}>}
   * @throws {SessionLost} when nobody is signed in
   */
  async orders(place = null) {
    const answer = await this.#readOwn(place ?? `${this.#url}/orders?limit=${ORDERS}`);
    return { orders: json(answer), next: nextPage(answer, this.#url) };
  }

  /**
   * @param {string} id
   * @returns {Promise<Order | null>} null where who is signed in has none of this id
   * @throws {SessionLost} when nobody is signed in
   */
  async order(id) {
    try {
      return json(await this.#readOwn(this.#addressOfOrder(id)));
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return null;
      throw error;
    }
  }

  /**
   * Place an order under an id of its own, so that it is one order however often it is sent.
   *
   * Before another order is placed, one whose outcome is not known is looked for: it may have arrived after all.
   * @param {{id: string, quantity: number}[]} lines
   * @param {number} totalCents what the person was shown
   * @param {string} paymentToken is sent, and kept nowhere
   * @returns {Promise<{order: Order, isEarlier: boolean}>} `isEarlier`: nothing was ordered now
   * @throws {Error} with a sentence
   */
  async placeOrder(lines, totalCents, paymentToken) {
    const content = JSON.stringify({ lines, totalCents });
    const { id: user } = await this.user();
    const open = this.#attempts.find("order", user);
    if (open && (open.body !== content || this.#now() - timeOf(open.key) > ORDER_MS)) {
      const order = await this.order(open.key);
      this.#attempts.settle("order");
      if (order) return { order, isEarlier: true };
    }
    const id = this.#attempts.key("order", user, content, () => makeTimedId(this.#now()));
    const body = JSON.stringify({ lines, totalCents, paymentToken });
    const settle = () => this.#attempts.settle("order");
    let order;
    try {
      order = await this.#asUser(async (token) => json(await request(this.#addressOfOrder(id), { ...posting(token, body), method: "PUT" })));
    } catch (error) {
      if (!isFinal(error)) throw error;
      settle();
      const earlier = error instanceof Problem && error.status === 422 ? await this.order(id) : null; // with another payment
      if (!earlier) throw error;
      return { order: earlier, isEarlier: true };
    }
    settle();
    return { order, isEarlier: false };
  }

  /**
   * Send an event, as often as it takes under one key; whatever happens on the way, it counts once.
   * @param {string} name of the form or button, one attempt each
   * @param {Record<string, string | number>} data the event's data with its schema id
   * @returns {Promise<{eventId: string, productId: string}>} no `productId` for an event of a user
   * @throws {Error} with a sentence; a `Problem` may tell of single fields
   */
  async send(name, data) {
    const body = JSON.stringify(data);
    const settle = () => this.#attempts.settle(name);
    const attempt = async (/** @type {string} */ token, /** @type {import("./session.js").User} */ user) => {
      const headers = { "idempotency-key": this.#attempts.key(name, user.id, body) };
      return json(await request(`${this.#url}/events`, posting(token, body, headers)));
    };
    const answer = await this.#asUser(attempt, { settle });
    settle();
    return answer;
  }

  /**
   * Make a request as the person who is signed in, again with a new token or after a failure that may pass.
   *
   * Where the session has ended, the person signs in. A refusal that the page may not read (a 401 without CORS
   * headers is a failed fetch) shows by the API answering other requests.
   * @template T
   * @param {(token: string, user: import("./session.js").User) => Promise<T>} attempt
   * @param {{isAct?: boolean, settle?: () => void}} [options] `isAct`: the person wants it, so they are asked to sign in
   *   where need be and a failure is tried again; `settle` is called where the shop refuses for good
   * @returns {Promise<T>}
   */
  async #asUser(attempt, { isAct = true, settle = () => {} } = {}) {
    let sender = this.#session.user?.id;
    let refusals = 0;
    let retries = 0;
    for (;;) {
      const token = isAct ? await this.#token() : await this.#session.idToken();
      const user = this.#session.user;
      if (!user || (sender && user.id !== sender)) {
        throw new Error("Somebody else is signed in now, so this was not sent again. Send it if you mean it.");
      }
      sender = user.id;
      try {
        return await attempt(token, user);
      } catch (error) {
        if (await this.#isRefusedToken(error)) {
          refusals += 1;
          await this.#replaceToken(refusals);
        } else if (isAct && retries < RETRIES && mayHelpToRetry(error)) {
          retries += 1;
          const asked = error instanceof Problem ? error.retryAfter : null;
          await pause(Math.min(asked ?? retries, LONGEST_WAIT_S));
        } else {
          if (isFinal(error)) settle();
          throw error;
        }
      }
    }
  }

  /**
   * Read what is the signed-in user's own. Nobody is asked to sign in for it.
   * @param {string} address
   * @throws {SessionLost} when nobody is signed in
   */
  async #readOwn(address) {
    const answer = await this.#asUser((token) => request(address, { headers: bearer(token), cache: "no-store" }), { isAct: false });
    const now = Date.parse(answer.headers.get("date") ?? "");
    this.#ahead = Number.isNaN(now) ? 0 : now - Date.now();
    return answer;
  }

  /** The shop's time, in milliseconds since 1970. */
  #now() {
    return Date.now() + this.#ahead;
  }

  /** @param {string} id */
  #addressOfOrder(id) {
    return `${this.#url}/orders/${encodeURIComponent(id)}`;
  }

  /** @returns {Promise<string>} a token, after asking the person to sign in if need be */
  async #token() {
    try {
      return await this.#session.idToken();
    } catch (error) {
      if (!(error instanceof SessionLost)) throw error;
    }
    await this.#askToSignIn(
      this.#session.isLost ? "Your session has ended. Sign in again: what you typed is kept, and is sent then." : "Sign in, and it is sent.",
    );
    return this.#session.idToken();
  }

  /** @param {number} refusals how many times the shop has refused now */
  async #replaceToken(refusals) {
    if (refusals > 2) {
      throw new Error("The shop does not accept your sign-in, although it is new. Tell who runs this shop.");
    }
    if (refusals === 2) {
      this.#session.lose();
      return;
    }
    try {
      await this.#session.renew();
    } catch (error) {
      if (!(error instanceof SessionLost)) throw error;
    }
  }

  /** @param {unknown} error */
  async #isRefusedToken(error) {
    if (error instanceof Problem) return error.status === 401;
    if (!(error instanceof Unreachable) || error instanceof TimedOut) return false;
    try {
      await request(`${this.#url}/winners`, { cache: "no-store", timeout: 5000 });
      return true;
    } catch (probe) {
      return probe instanceof Problem;
    }
  }
}

/**
 * Make an id whose first 48 bits are its time (UUIDv7, RFC 9562).
 * @param {number} now milliseconds since 1970
 */
function makeTimedId(now) {
  const random = crypto.randomUUID().slice(15); // the variant, and 72 bits of chance
  const time = now.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random}`;
}

/** @param {string} id made as above */
const timeOf = (id) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** @param {string} token */
const bearer = (token) => ({ authorization: `Bearer ${token}` });

/**
 * @param {string} token
 * @param {string} body
 * @param {Record<string, string>} [headers]
 * @returns {RequestInit}
 */
function posting(token, body, headers = {}) {
  return { method: "POST", headers: { ...bearer(token), "content-type": "application/json", ...headers }, body, cache: "no-store" };
}

/** @param {unknown} error */
function mayHelpToRetry(error) {
  return error instanceof Problem ? OPEN_OUTCOME.has(error.status) || error.status >= 500 : error instanceof Unreachable;
}

/**
 * Whether the shop has decided, so that a further attempt would be another act.
 * @param {unknown} error
 */
function isFinal(error) {
  return error instanceof Problem && error.status < 500 && !OPEN_OUTCOME.has(error.status);
}

/**
 * Return the address that the `Link` header gives for the next page (RFC 8288), if it lies in the same API.
 * @param {import("./http.js").Answer} answer
 * @param {string} api
 */
function nextPage({ headers, url }, api) {
  const match = /<([^>]*)>\s*;\s*rel="?next"?/.exec(headers.get("link") ?? "");
  if (!match) return null;
  const place = new URL(match[1], url).href;
  return place.startsWith(`${api}/`) ? place : null;
}
