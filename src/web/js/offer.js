// Offering a product with its price and stock: three events, each sent until the shop has it.

import { find, html, number } from "./dom.js";
import { check, explain, gate, hush, keepDraft, once, say } from "./forms.js";
import { OwnProducts } from "./own-products.js";
import { PRICE, STOCK, decimalsOf, formatPrice, parsePrice, parseStock, priceHint } from "./prices.js";
import { storageOf } from "./storage.js";

const SCHEMA = "com.nordstrom/product/create/1-0-0";
const TEXTS = ["brand", "name", "description", "category"];
const STORE = "hello-retail.offer";
const FIELDS = { cents: "price", added: "stock" };

/**
 * An offer that the shop has in part, kept over a reload of the tab: the texts as they were offered, the price in
 * minor units once it is set.
 * @typedef {{user: string, id: string, texts: string, cents: number | null}} Begun
 */

export class Offer {
  #view;
  #page;
  #own;
  #rules;
  #storage = storageOf("sessionStorage");
  /** @type {Begun | null} */
  #begun;
  #form = find("#offer-form");
  #message = find("[data-part=message]", this.#form);
  #forgetDraft = keepDraft(this.#form);

  /**
   * @param {HTMLElement} view
   * @param {import("./main.js").Page} page
   */
  constructor(view, page) {
    this.#view = view;
    this.#page = page;
    this.#own = new OwnProducts(find("[data-part=own-products]", view), page);
    this.#begun = this.#readBegun();
    this.#rules = {
      price: (/** @type {string} */ text) => parsePrice(text, page.currency),
      stock: parseStock,
    };
    find("#offer-price-hint").textContent = priceHint(page.currency);
    find("#offer-price").inputMode = decimalsOf(page.currency) ? "decimal" : "numeric";
    this.#form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      once(find("[type=submit]", this.#form), "Sending…", () => this.#send());
    });
  }

  /** @param {string} id of an own product whose price or stock is to be changed; "" for none */
  open(id) {
    this.#own.open(id);
  }

  close() {
    this.#own.close();
  }

  /** @param {import("./session.js").User | null} user */
  showUser(user) {
    gate(this.#view, user, "merchant", "offer products");
    this.#own.showUser(user);
  }

  async #send() {
    hush(this.#message);
    if (!check(this.#form, this.#rules)) return;
    const value = (/** @type {string} */ name) => this.#form.elements.namedItem(name).value;
    const texts = Object.fromEntries(TEXTS.map((name) => [name, value(name).trim()]));
    const cents = valueOf(parsePrice(value("price"), this.#page.currency));
    const added = valueOf(parseStock(value("stock")));
    const progress = { before: "" };
    try {
      const id = await this.#sendOffer(texts);
      progress.before = `${texts.name} is offered, but it has no price yet. Press “Offer it” to go on from there.`;
      await this.#sendPrice(id, cents);
      progress.before = `${texts.name} is offered and its price is set, but no stock is added yet. Press “Offer it” to go on from there.`;
      await this.#page.api.send(`stock ${id}`, { schema: STOCK, id, added });
      this.#own.add(id, { cents, isStocked: true });
      this.#finish(id, texts.name, `at ${formatPrice(cents, this.#page.currency)}, with ${number(added)} in stock`);
    } catch (error) {
      explain(this.#form, this.#message, error, { ...progress, names: FIELDS });
    }
  }

  /**
   * Send the offer, unless the shop has it as it is. Texts that were changed after a failure are offered again for the
   * same product.
   * @param {Record<string, string>} values
   * @returns {Promise<string>} the product's id
   */
  async #sendOffer(values) {
    const { api, names, session } = this.#page;
    const texts = JSON.stringify(values);
    const begun = this.#begun?.user === session.user?.id ? this.#begun : null;
    if (begun?.texts === texts) return begun.id;
    const { productId: id } = await api.send("offer", { schema: SCHEMA, ...values, ...(begun && { id: begun.id }) });
    names.add(id, values.name);
    this.#own.add(id, {});
    this.#keep({ user: session.user?.id ?? "", id, texts, cents: begun?.cents ?? null });
    return id;
  }

  /**
   * @param {string} id
   * @param {number} cents
   */
  async #sendPrice(id, cents) {
    if (this.#begun?.cents === cents) return;
    await this.#page.api.send(`price ${id}`, { schema: PRICE, id, cents });
    this.#own.add(id, { cents });
    if (this.#begun) this.#keep({ ...this.#begun, cents });
  }

  /**
   * @param {string} id
   * @param {string} name
   * @param {string} rest
   */
  #finish(id, name, rest) {
    this.#begun = null;
    this.#storage.removeItem(STORE);
    this.#form.reset();
    this.#forgetDraft();
    const link = html("a", { href: `#/product/${id}` }, html("bdi", {}, name));
    say(this.#message, "good", "You offer ", html("strong", {}, link), ` ${rest}. Its id is `, html("span", { class: "mono" }, id), ".");
    this.#form.elements.namedItem("name").focus();
  }

  /** @returns {Begun | null} */
  #readBegun() {
    try {
      return JSON.parse(this.#storage.getItem(STORE) ?? "null");
    } catch {
      return null;
    }
  }

  /** @param {Begun} begun */
  #keep(begun) {
    this.#begun = begun;
    try {
      this.#storage.setItem(STORE, JSON.stringify(begun));
    } catch {
      // no room: kept until a reload
    }
  }
}

/** @param {import("./prices.js").Entry} entry that was checked */
function valueOf(entry) {
  if (entry.error !== undefined) throw new Error(entry.error);
  return entry.value;
}
