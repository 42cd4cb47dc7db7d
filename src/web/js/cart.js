// The cart: its lines, what they cost together, and ordering them.

import { MOST_PIECES, isOnSale } from "./basket.js";
import { find, html, number, tell } from "./dom.js";
import { explain, gate, hush, once, say } from "./forms.js";
import { formatPrice } from "./prices.js";
import { picture } from "./products.js";

const MOST_LINES = 25;

/** @typedef {import("./api.js").CartLine} CartLine */

export class Cart {
  #view;
  #page;
  #part;
  /** @type {HTMLFormElement} */
  #form = find("#order-form");
  /** @type {Map<string, Line>} */
  #lines = new Map();

  /**
   * @param {HTMLElement} view
   * @param {import("./main.js").Page} page
   */
  constructor(view, page) {
    this.#view = view;
    this.#page = page;
    this.#part = (/** @type {string} */ name) => find(`[data-part=${name}]`, view);
    const again = this.#part("again");
    again.addEventListener("click", () => once(again, "Looking…", () => page.basket.load()));
    this.#form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      once(find("[type=submit]", this.#form), "Ordering…", () => this.#order()).then(() => this.#show());
    });
    page.basket.addEventListener("change", () => this.#show());
  }

  open() {
    hush(this.#part("message"));
    this.#show();
    this.#page.basket.load();
  }

  close() {}

  /** @param {import("./session.js").User | null} user */
  showUser(user) {
    gate(this.#view, user, "customer", "order");
    this.#show();
  }

  #show() {
    const { basket, currency } = this.#page;
    const { lines } = basket;
    this.#showLines(lines);
    tell(this.#part("empty"), lines.length ? "" : this.#nothing());
    this.#part("filled").hidden = !lines.length;
    tell(this.#part("trouble"), basket.problem && `${basket.problem}${lines.length ? " What is shown may be old." : ""}`);
    this.#part("again").hidden = !basket.problem;
    const total = formatPrice(totalOf(lines), currency);
    this.#part("total").textContent = total;
    tell(this.#part("obstacle"), obstacle(lines));
    const button = find("[type=submit]", this.#form);
    if (button.getAttribute("aria-disabled") !== "true") button.textContent = `Order and pay ${total}`;
  }

  /** @param {CartLine[]} lines */
  #showLines(lines) {
    const { basket, currency } = this.#page;
    for (const line of lines) {
      const shown = this.#lines.get(line.id) ?? new Line(line.id, currency, (quantity) => this.#change(line.id, quantity));
      shown.show(line);
      this.#lines.set(line.id, shown);
    }
    for (const id of this.#lines.keys()) if (!basket.quantityOf(id)) this.#lines.delete(id);
    const list = this.#part("lines");
    const wanted = lines.flatMap(({ id }) => this.#lines.get(id)?.root ?? []);
    if (wanted.length === list.children.length && wanted.every((each, index) => list.children[index] === each)) return;
    const focused = document.activeElement;
    const place = [...list.children].findIndex((each) => each.contains(focused));
    list.replaceChildren(...wanted);
    if (place < 0 || document.activeElement === focused) return;
    const next = wanted.find((each) => each.contains(focused)) ? focused : wanted[Math.min(place, wanted.length - 1)]?.querySelector("button");
    if (next instanceof HTMLElement) next.focus();
    else find("#main").focus({ preventScroll: true });
  }

  /** @returns {string} why no line is shown */
  #nothing() {
    const { basket, session } = this.#page;
    if (!session.user) return "Sign in to see your cart.";
    if (!basket.isLoaded) return basket.problem ? "" : "Looking…";
    return "Your cart is empty.";
  }

  /**
   * @param {string} id of a product
   * @param {number} quantity
   */
  async #change(id, quantity) {
    const line = this.#page.basket.lines.find((each) => each.id === id);
    if (!line) return;
    hush(this.#part("message"));
    const name = line.name ?? id;
    const changed = this.#page.basket.set(line, quantity);
    this.#part("news").textContent = quantity ? `${name}: ${number(quantity)} in your cart.` : `${name} is removed from your cart.`;
    try {
      await changed;
    } catch (error) {
      this.#part("news").textContent = "";
      say(this.#part("message"), "bad", html("bdi", {}, name), ` is not changed. ${sentenceOf(error)}`);
      this.#part("message").focus();
    }
  }

  async #order() {
    const { api, basket } = this.#page;
    const message = this.#part("message");
    hush(message);
    const wrong = this.#part("lines").querySelector("[aria-invalid=true]");
    if (wrong instanceof HTMLElement) {
      wrong.focus();
      return;
    }
    const lines = basket.lines.filter(isOnSale);
    const problem = obstacle(basket.lines);
    try {
      if (problem) throw new Error(problem);
      await basket.settle();
      const ordered = lines.map(({ id, quantity }) => ({ id, quantity }));
      if (JSON.stringify(basket.lines.filter(isOnSale)) !== JSON.stringify(lines)) throw new Error("Your cart has changed meanwhile. Look at it again, then order.");
      const { order, isEarlier } = await api.placeOrder(ordered, totalOf(lines), makePaymentToken(this.#form));
      if (isEarlier) {
        const link = html("a", { href: `#/orders/${order.id}` }, "Look at that order");
        say(message, "bad", "Nothing was ordered now: the order that you sent before has arrived after all. ", link, ", and order again if you want these too.");
        message.focus();
        return;
      }
      basket.order(order);
      location.hash = `#/orders/${order.id}`;
    } catch (error) {
      explain(this.#form, message, error);
      message.focus();
    }
  }
}

/** A product in the cart. */
class Line {
  #currency;
  #field;
  #part;
  #error;
  #quantity = 0;
  #drawn = "";

  /**
   * @param {string} id
   * @param {string} currency
   * @param {(quantity: number) => void} change
   */
  constructor(id, currency, change) {
    this.#currency = currency;
    const names = { field: `cart-${id}-quantity`, error: `cart-${id}-error` };
    this.#field = html("input", { id: names.field, type: "number", inputmode: "numeric", min: 1, max: MOST_PIECES, step: 1, autocomplete: "off", "aria-describedby": names.error });
    this.#error = html("p", { class: "field-error", id: names.error, role: "alert", hidden: true });
    const label = html("label", { for: names.field, class: "visually-hidden", "data-part": "label" });
    const remove = html("button", { type: "button", class: "quiet small", "data-part": "remove" });
    this.root = html(
      "li",
      { class: "own line", "data-product": id },
      html("div", { class: "thumb", "data-part": "picture" }),
      html("div", { class: "what" }, html("a", { class: "product-name", href: `#/product/${id}` }), html("span", { class: "by", "data-part": "by" })),
      html("div", { class: "pieces" }, label, this.#field, remove),
      html("span", { class: "price", "data-part": "price" }),
      this.#error,
    );
    this.#part = (/** @type {string} */ name) => find(`[data-part=${name}]`, this.root);
    remove.addEventListener("click", () => change(0));
    this.#field.addEventListener("change", () => {
      const quantity = this.#read();
      if (quantity !== null && quantity !== this.#quantity) change(quantity);
    });
    this.#field.addEventListener("blur", () => this.#read() !== null && this.#fill());
  }

  /** @param {CartLine} line */
  show(line) {
    this.#quantity = line.quantity;
    if (document.activeElement !== this.#field) this.#fill(); // else somebody is typing
    const drawn = JSON.stringify(line);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const { id, name, brand, cents, image, quantity } = line;
    const called = name ?? id;
    const each = cents === null || name === null ? "Not on sale: it is left out of an order." : `${brand} · ${formatPrice(cents, this.#currency)} each`;
    if (!this.#part("picture").firstChild) this.#part("picture").append(picture({ id, image }));
    find("a", this.root).replaceChildren(html("bdi", {}, called));
    this.#part("by").replaceChildren(html("bdi", {}, each));
    this.#part("label").textContent = `Pieces of ${called}`;
    this.#part("remove").replaceChildren("Remove", html("span", { class: "visually-hidden" }, ` ${called}`));
    this.#part("price").textContent = isOnSale(line) ? formatPrice(quantity * (cents ?? 0), this.#currency) : "–";
  }

  #fill() {
    this.#field.value = String(this.#quantity);
    this.#tell("");
  }

  /** @returns {number | null} what is typed, null where it is no quantity */
  #read() {
    const quantity = this.#field.valueAsNumber;
    const isWell = Number.isInteger(quantity) && quantity >= 1 && quantity <= MOST_PIECES;
    this.#tell(isWell ? "" : `Write a whole number from 1 to ${MOST_PIECES}, or remove the product.`);
    return isWell ? quantity : null;
  }

  /** @param {string} words */
  #tell(words) {
    tell(this.#error, words);
    if (words) this.#field.setAttribute("aria-invalid", "true");
    else this.#field.removeAttribute("aria-invalid");
  }
}

/**
 * Return a token for the payment. Here the simulated provider's, by what the person chose; with a real provider, what
 * its element in the page makes of a card that neither this page nor the shop sees.
 * @param {HTMLFormElement} form
 */
const makePaymentToken = (form) => String(new FormData(form).get("payment"));

/** @param {CartLine[]} lines */
const totalOf = (lines) => lines.filter(isOnSale).reduce((sum, { quantity, cents }) => sum + quantity * (cents ?? 0), 0);

/**
 * Return why the cart cannot be ordered; "" where it can.
 * @param {CartLine[]} lines
 */
function obstacle(lines) {
  const many = lines.filter(isOnSale).length;
  if (!many) return "Nothing in your cart is on sale.";
  return many > MOST_LINES ? `An order takes at most ${MOST_LINES} products, and there are ${many} in your cart. Remove ${many - MOST_LINES}.` : "";
}

/** @param {unknown} error */
const sentenceOf = (error) => (error instanceof Error ? error.message : String(error));
