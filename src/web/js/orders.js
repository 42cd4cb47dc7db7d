// One's own orders: how far each is, what was ordered, and why where one was not carried out.

import { find, html, number, tell } from "./dom.js";
import { gate, hush, once, say } from "./forms.js";
import { formatPrice } from "./prices.js";
import { SessionLost } from "./session.js";

const SOON_MS = 1000;
const LATER_MS = 5000;
/** How long after it was placed an order is asked for every second. */
const HURRY_MS = 30_000;
const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });

/** @typedef {import("./api.js").Order} Order */

/**
 * What each state is called, and what it means.
 * @type {Record<import("./api.js").OrderState, {name: string, words: string, isOpen?: boolean}>}
 */
const STATES = {
  new: { name: "Received", words: "The shop has your order and sets the pieces aside.", isOpen: true },
  reserved: { name: "Reserved", words: "The pieces are set aside. The payment is under way.", isOpen: true },
  paid: { name: "Paid", words: "The payment went through. The order is confirmed in a moment.", isOpen: true },
  confirmed: { name: "Confirmed", words: "It is paid, and everything is yours." },
  refused: { name: "Refused", words: "Nothing was sold and nothing was paid." },
  declined: { name: "Declined", words: "Nothing was sold and nothing was paid." },
  cancelled: { name: "Cancelled", words: "Nothing was sold and nothing was paid." },
};
/** @type {Record<string, string>} */
const REASONS = {
  "out-of-stock": "The shop does not have as many pieces as you ordered",
  "price-changed": "A price has changed since you saw it",
  "not-for-sale": "A product is not on sale any more",
  declined: "The payment was declined",
  "payment-refused": "The payment could not be completed",
  stopped: "The order was stopped before it was paid",
};

export class Orders {
  #view;
  #page;
  #part;
  #isOpen = false;
  /** The order that the address names. */
  #wanted = "";
  /** @type {string | null} */
  #owner = null;
  /** @type {Map<string, Order>} */
  #orders = new Map();
  /** @type {Map<string, {drawing: string, card: any}>} */
  #cards = new Map();
  /** What products are called that the orders do not name. @type {Map<string, string>} */
  #names = new Map();
  /** @type {string | null} */
  #next = null;
  #isLoaded = false;
  #round = 0;
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {HTMLElement} view
   * @param {import("./main.js").Page} page
   */
  constructor(view, page) {
    this.#view = view;
    this.#page = page;
    this.#part = (/** @type {string} */ name) => find(`[data-part=${name}]`, view);
    const [again, more] = [this.#part("again"), this.#part("more")];
    again.addEventListener("click", () => once(again, "Looking…", () => this.#load()));
    more.addEventListener("click", () => once(more, "Looking…", () => this.#addPage()));
    document.addEventListener("visibilitychange", () => !document.hidden && this.#isOpen && this.#watch());
  }

  /** @param {string} id of an order; "" for none in particular */
  open(id) {
    this.#isOpen = true;
    this.#wanted = id;
    this.#load();
  }

  close() {
    this.#isOpen = false;
    clearTimeout(this.#timer);
    this.#round += 1;
  }

  /** @param {import("./session.js").User | null} user */
  showUser(user) {
    gate(this.#view, user, "customer", "order");
    const owner = user?.id ?? null;
    if (owner === this.#owner || this.#page.session.isLost) return;
    this.#owner = owner;
    this.#orders = new Map();
    this.#cards = new Map();
    this.#next = null;
    this.#isLoaded = false;
    this.#part("news").textContent = "";
    if (this.#isOpen) this.#load();
  }

  async #load() {
    clearTimeout(this.#timer);
    const { api, session } = this.#page;
    await this.#ask(async () => {
      if (!session.user) return () => {};
      const { orders, next } = await api.orders();
      const wanted = this.#wanted && !orders.some(({ id }) => id === this.#wanted) ? await api.order(this.#wanted) : null;
      return () => {
        this.#receive([...orders, ...(wanted ? [wanted] : [])]);
        if (!this.#isLoaded) this.#next = next;
        this.#isLoaded = true;
        if (this.#wanted && !this.#orders.has(this.#wanted)) say(this.#part("message"), "bad", "You have no order with the id ", html("span", { class: "mono" }, this.#wanted), ".");
      };
    });
  }

  async #addPage() {
    await this.#ask(async () => {
      const { orders, next } = await this.#page.api.orders(this.#next);
      return () => {
        this.#receive(orders);
        this.#next = next;
      };
    });
  }

  /** Ask for the orders that have not ended yet. */
  async #askOpen() {
    const open = [...this.#orders.values()].filter(isOpen);
    await this.#ask(async () => {
      const orders = await Promise.all(open.map(({ id }) => this.#page.api.order(id)));
      return () => this.#receive(orders.flatMap((order) => order ?? []));
    });
  }

  /**
   * Show what a question brings, or why it brings nothing.
   * @param {() => Promise<() => void>} question whose answer is taken unless another was asked meanwhile
   */
  async #ask(question) {
    const round = ++this.#round;
    try {
      const take = await question();
      if (round !== this.#round) return;
      hush(this.#part("message"));
      this.#part("again").hidden = true;
      take();
    } catch (error) {
      if (round !== this.#round) return;
      if (!(error instanceof SessionLost)) {
        say(this.#part("message"), "bad", error instanceof Error ? error.message : String(error));
        this.#part("again").hidden = false;
      }
    }
    this.#show();
    this.#watch();
    this.#findNames();
  }

  #watch() {
    clearTimeout(this.#timer);
    const open = [...this.#orders.values()].filter(isOpen);
    if (!this.#isOpen || document.hidden || !open.length) return;
    const isNew = open.some(({ placedAt }) => Date.now() - Date.parse(placedAt) < HURRY_MS);
    this.#timer = setTimeout(() => this.#askOpen(), isNew ? SOON_MS : LATER_MS);
  }

  /** @param {Order[]} orders */
  #receive(orders) {
    for (const order of orders) {
      const before = this.#orders.get(order.id);
      this.#orders.set(order.id, order);
      if (!isOpen(order)) this.#page.basket.end(order);
      const isNews = before ? before.state !== order.state : order.id === this.#wanted;
      if (isNews) this.#part("news").textContent = `Your order: ${STATES[order.state].name}. ${this.#explain(order)}`;
    }
  }

  /** Look up what the products of orders are called that were not reserved. */
  async #findNames() {
    const lines = [...this.#orders.values()].flatMap((order) => order.lines);
    const nameless = [...new Set(lines.filter(({ id, name }) => name === null && !this.#names.has(id)).map(({ id }) => id))];
    if (!nameless.length) return;
    const products = await this.#page.catalog.findAll(nameless);
    for (const id of nameless) this.#names.set(id, products.get(id)?.name ?? id);
    this.#show();
  }

  #show() {
    const orders = [...this.#orders.values()].sort((one, other) => (one.id < other.id ? 1 : -1));
    const list = this.#part("orders");
    const wanted = orders.map((order) => this.#card(order));
    if (wanted.length !== list.children.length || wanted.some((card, index) => list.children[index] !== card)) list.replaceChildren(...wanted);
    this.#part("more").hidden = this.#next === null;
    tell(this.#part("empty"), orders.length ? "" : this.#nothing());
  }

  /** @returns {string} why no order is shown */
  #nothing() {
    if (!this.#page.session.user) return "Sign in to see your orders.";
    if (!this.#isLoaded) return this.#part("again").hidden ? "Looking…" : "";
    return "You have ordered nothing yet.";
  }

  /** @param {Order} order */
  #card(order) {
    const { id, lines, state, placedAt, totalCents, expectedCents } = order;
    const named = lines.map((line) => ({ ...line, name: line.name ?? this.#names.get(line.id) ?? line.id }));
    const drawing = JSON.stringify([order, named]);
    const kept = this.#cards.get(id);
    if (kept?.drawing === drawing) return kept.card;
    const money = (/** @type {number} */ cents) => formatPrice(cents, this.#page.currency);
    const card = html(
      "li",
      { class: "card order", "data-order": id, "data-state": state },
      html("div", { class: "order-head" }, html("h2", {}, time(placedAt)), html("span", { class: "state" }, STATES[state].name)),
      html("p", {}, this.#explain(order), ...(isOpen(order) || state === "confirmed" ? [] : [" ", html("a", { href: "#/cart" }, "Go to your cart")])),
      html("ul", { class: "order-lines" }, ...named.map(({ id: product, name, quantity, cents }) => html("li", {}, html("span", {}, `${number(quantity)} × `, html("a", { href: `#/product/${product}` }, html("bdi", {}, name))), html("span", { class: "price" }, cents === null ? "" : money(quantity * cents))))),
      html("p", { class: "order-foot" }, html("span", { class: "mono" }, id), html("span", { class: "price" }, `Total ${money(totalCents ?? expectedCents)}`)),
    );
    this.#cards.set(id, { drawing, card });
    return card;
  }

  /** @param {Order} order */
  #explain({ state, reason, products, newTotalCents, expectedCents, lines }) {
    const { words } = STATES[state];
    if (!reason) return words;
    const names = products.map((product) => lines.find(({ id }) => id === product)?.name ?? this.#names.get(product) ?? product);
    const about = names.length ? ` (${names.join(", ")})` : "";
    const money = (/** @type {number} */ cents) => formatPrice(cents, this.#page.currency);
    const change = newTotalCents === null ? "" : ` The total was ${money(expectedCents)} and is ${money(newTotalCents)} now.`;
    return `${REASONS[reason] ?? `The shop's reason is “${reason}”`}${about}.${change} ${words}`;
  }
}

/** @param {Order} order */
const isOpen = ({ state }) => STATES[state].isOpen === true;

/** @param {string} text of ISO 8601 */
function time(text) {
  const at = Date.parse(text);
  return Number.isNaN(at) ? "–" : TIME.format(at);
}
