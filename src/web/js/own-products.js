// A merchant's own products, as the catalog has them, and a change of their price or stock.

import { counted, find, html, tell } from "./dom.js";
import { check, explain, hush, once, say } from "./forms.js";
import { PRICE, STOCK, formatPrice, parsePrice, parseStock, priceHint, toUnits } from "./prices.js";
import { isMaskOf, swatch } from "./products.js";

const SHOWN = 12;
const MOST_PAGES = 10;
const AGAIN_MS = 1000;
const A_MOMENT_MS = 60_000;
const FIELDS = { cents: "price", added: "stock" };

/** @typedef {import("./api.js").Product} Product */
/** @typedef {{cents?: number, isStocked?: boolean}} Awaited what the catalog should show soon */

/**
 * The API has no list of products by merchant. So the ids come from the contributions, which name a product's
 * merchant, and from this browser, which knows of the latest offers at once. What is shown of each is the catalog's.
 */
export class OwnProducts {
  #page;
  #part;
  /** @type {import("./session.js").User | null} */
  #user = null;
  /** Ids that may be the user's, the latest first. @type {Set<string>} */
  #ids = new Set();
  /** @type {Map<string, Line>} */
  #lines = new Map();
  #most = SHOWN;
  /** The page of contributions after those that were read. @type {string | null} */
  #next = null;
  #isOpen = false;
  #isLoaded = false;
  /** @type {number | undefined} */
  #timer;
  /** Answers of an earlier round come too late. */
  #round = 0;

  /**
   * @param {HTMLElement} root
   * @param {import("./main.js").Page} page
   */
  constructor(root, page) {
    this.#page = page;
    this.#part = (/** @type {string} */ name) => find(`[data-part=${name}]`, root);
    const more = this.#part("more");
    more.addEventListener("click", () => once(more, "Looking…", () => this.#addPage()));
    const again = this.#part("again");
    again.addEventListener("click", () => once(again, "Looking…", () => this.#load()));
  }

  /** @param {string} id of a product to begin with; "" for none */
  async open(id) {
    this.#isOpen = true;
    if (id) this.#ids = new Set([id, ...this.#ids]);
    await this.#load();
    if (id) this.#lines.get(id)?.edit();
  }

  close() {
    this.#isOpen = false;
    clearTimeout(this.#timer);
    this.#round += 1;
  }

  /** @param {import("./session.js").User | null} user */
  showUser(user) {
    if (user?.id === this.#user?.id) return;
    this.#user = user;
    this.#lines = new Map();
    this.#most = SHOWN;
    this.#next = null;
    this.#isLoaded = false;
    if (this.#isOpen) this.#load();
  }

  /**
   * Show a product that was offered now, and what the catalog says of it as soon as it does.
   * @param {string} id
   * @param {Awaited} awaited
   */
  add(id, awaited) {
    this.#ids = new Set([id, ...this.#ids]);
    const line = this.#lines.get(id) ?? new Line(this.#page, id, () => this.#watch());
    this.#lines.set(id, line);
    line.wait(awaited);
    this.#draw();
    this.#watch();
  }

  async #load() {
    const round = ++this.#round;
    const user = this.#user;
    this.#draw();
    if (!user) return;
    try {
      for (const { id } of this.#page.names.all.slice(0, SHOWN)) this.#ids.add(id);
      this.#next = null;
      await this.#readContributions(user, round);
      await this.#readProducts(user, round);
      if (round !== this.#round) return;
      this.#isLoaded = true;
      hush(this.#part("message"));
      this.#part("again").hidden = true;
    } catch (error) {
      if (round !== this.#round) return;
      say(this.#part("message"), "bad", error instanceof Error ? error.message : String(error));
      this.#part("again").hidden = false;
    }
    this.#draw();
    this.#watch();
  }

  async #addPage() {
    const round = ++this.#round;
    const user = this.#user;
    if (!user) return;
    this.#most += SHOWN;
    try {
      if (this.#ids.size < this.#most && this.#next) await this.#readContributions(user, round);
      await this.#readProducts(user, round);
    } catch (error) {
      if (round === this.#round) say(this.#part("message"), "bad", error instanceof Error ? error.message : String(error));
    }
    this.#draw();
    this.#watch();
  }

  /**
   * @param {import("./session.js").User} user
   * @param {number} round
   */
  async #readContributions(user, round) {
    for (let pages = 0; pages < MOST_PAGES && (pages === 0 || this.#next); pages += 1) {
      const { products, next } = await this.#page.api.contributions(this.#next);
      if (round !== this.#round) return;
      for (const { productId, creator } of products) if (creator && isMaskOf(creator, user)) this.#ids.add(productId);
      this.#next = next;
    }
  }

  /**
   * @param {import("./session.js").User} user
   * @param {number} round
   */
  async #readProducts(user, round) {
    const ids = [...this.#ids].slice(0, this.#most);
    const products = await this.#page.catalog.findAll(ids);
    if (round !== this.#round) return;
    for (const id of ids) {
      const product = products.get(id);
      const line = this.#lines.get(id);
      if (product && isMaskOf(product.merchant, user)) {
        const own = line ?? new Line(this.#page, id, () => this.#watch());
        own.show(product);
        this.#lines.set(id, own);
      } else if (!line) {
        this.#ids.delete(id); // another merchant's, or not in this shop
      }
    }
  }

  /** Ask the catalog every second for what was changed a moment ago, until it shows the change. */
  #watch() {
    clearTimeout(this.#timer);
    const waiting = [...this.#lines.values()].filter((line) => line.isWaiting);
    if (!this.#isOpen || !waiting.length) return;
    this.#timer = setTimeout(async () => {
      const round = this.#round;
      for (const line of waiting) {
        const product = await this.#page.catalog.ask(line.id).catch(() => null);
        if (round !== this.#round) return;
        if (product) line.show(product);
      }
      this.#watch();
    }, AGAIN_MS);
  }

  #draw() {
    const lines = [...this.#ids].flatMap((id) => this.#lines.get(id)?.root ?? []);
    const list = this.#part("products");
    if (lines.length !== list.children.length || lines.some((line, index) => list.children[index] !== line)) list.replaceChildren(...lines);
    this.#part("more").hidden = !this.#isLoaded || (this.#ids.size <= this.#most && this.#next === null);
    tell(this.#part("empty"), lines.length ? "" : this.#nothing());
  }

  /** @returns {string} why no product is shown */
  #nothing() {
    if (!this.#user) return "Sign in to see your products.";
    if (!this.#isLoaded) return this.#part("again").hidden ? "Looking…" : "";
    return this.#next ? "None of the first 1,000 products of the shop is yours." : "You have offered nothing yet.";
  }
}

/** One product: what the catalog says of it, and a form to change price and stock. */
class Line {
  #page;
  #changed;
  #part;
  #form;
  #toggle;
  /** @type {Product | null} */
  #product = null;
  /** @type {Awaited} */
  #awaited = {};
  #until = 0;

  /**
   * @param {import("./main.js").Page} page
   * @param {string} id
   * @param {() => void} changed is called when the catalog should be asked again
   */
  constructor(page, id, changed) {
    this.#page = page;
    this.#changed = changed;
    this.id = id;
    this.#form = this.#makeForm();
    this.#toggle = html("button", { type: "button", class: "quiet small", "aria-expanded": "false" });
    this.root = html(
      "li",
      { class: "own", "data-product": id },
      swatch(id),
      html("div", { class: "what" }, html("a", { class: "product-name", href: `#/product/${id}` }), html("span", { class: "by", "data-part": "state" })),
      this.#toggle,
      this.#form,
    );
    this.#part = (/** @type {string} */ name) => find(`[data-part=${name}]`, this.root);
    this.#toggle.addEventListener("click", () => (this.#form.hidden ? this.edit() : this.#fold()));
    this.#draw();
  }

  /** @returns {boolean} whether the catalog does not show yet what was sent a moment ago */
  get isWaiting() {
    const { cents, isStocked } = this.#awaited;
    const isShown = this.#product && (cents === undefined || this.#product.cents === cents) && (!isStocked || this.#product.inStock);
    return !isShown && Date.now() < this.#until;
  }

  /** @param {Awaited} awaited */
  wait(awaited) {
    this.#awaited = { ...this.#awaited, ...awaited };
    this.#until = Date.now() + A_MOMENT_MS;
    this.#draw();
  }

  /** @param {Product} product */
  show(product) {
    this.#product = product;
    this.#draw();
  }

  /** Open the form, with the price as it is. */
  edit() {
    const cents = this.#awaited.cents ?? this.#product?.cents ?? null;
    this.#field("price").value = cents === null ? "" : toUnits(cents, this.#page.currency);
    this.#form.hidden = false;
    this.#toggle.setAttribute("aria-expanded", "true");
    this.#field("price").focus();
  }

  #fold() {
    this.#form.hidden = true;
    this.#toggle.setAttribute("aria-expanded", "false");
  }

  #draw() {
    const name = this.#product?.name ?? this.#page.names.of(this.id) ?? this.id;
    find("a", this.root).replaceChildren(html("bdi", {}, name));
    this.#toggle.replaceChildren("Change", html("span", { class: "visually-hidden" }, ` price or stock of ${name}`));
    const product = this.#product;
    const price = product && (product.cents === null ? "No price yet" : formatPrice(product.cents, this.#page.currency));
    const state = product ? `${price} · ${product.inStock ? "in stock" : "not in stock"}` : "Not in the catalog yet";
    tell(this.#part("state"), this.isWaiting ? `${state} · a change is on its way` : state);
  }

  #makeForm() {
    const { id } = this;
    const field = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string} */ hint) =>
      html(
        "div",
        { class: "field" },
        html("label", { for: `own-${id}-${name}` }, label),
        html("input", { id: `own-${id}-${name}`, name, type: "text", inputmode: "decimal", autocomplete: "off", "aria-describedby": `own-${id}-${name}-hint own-${id}-${name}-error` }),
        html("p", { class: "hint", id: `own-${id}-${name}-hint` }, hint),
        html("p", { class: "field-error", id: `own-${id}-${name}-error`, hidden: true }),
      );
    const form = html(
      "form",
      { class: "form", id: `own-${id}-form`, novalidate: true, hidden: true },
      html("div", { class: "form-message", "data-part": "message", tabindex: "-1", hidden: true }),
      html("div", { class: "field-pair" }, field("price", "Price", priceHint(this.#page.currency)), field("stock", "Pieces to add", "Leave it empty to add none.")),
      html("p", { class: "actions" }, html("button", { type: "submit", class: "primary" }, "Save")),
    );
    form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      once(find("[type=submit]", form), "Sending…", () => this.#send());
    });
    return form;
  }

  /** @param {string} name */
  #field(name) {
    return this.#form.elements.namedItem(name);
  }

  async #send() {
    const { api, currency } = this.#page;
    const { id } = this;
    const message = this.#part("message");
    hush(message);
    const rules = { price: (/** @type {string} */ text) => parsePrice(text, currency), stock: parseStock };
    if (!check(this.#form, rules)) return;
    const price = parsePrice(this.#field("price").value, currency);
    const stock = parseStock(this.#field("stock").value);
    const known = this.#awaited.cents ?? this.#product?.cents;
    const cents = "value" in price && price.value !== known ? price.value : null;
    const added = "value" in stock ? stock.value : null;
    if (cents === null && added === null) {
      say(message, "bad", "Nothing is changed. Write another price, or how many pieces to add.");
      return;
    }
    /** @type {string[]} */
    const done = [];
    try {
      if (cents !== null) {
        await api.send(`price ${id}`, { schema: PRICE, id, cents });
        this.wait({ cents });
        done.push(`The price is now ${formatPrice(cents, currency)}.`);
      }
      if (added !== null) {
        await api.send(`stock ${id}`, { schema: STOCK, id, added });
        this.wait({ isStocked: true });
        this.#field("stock").value = "";
        done.push(`${counted(added, "piece is", "pieces are")} added.`);
      }
      say(message, "good", done.join(" "));
    } catch (error) {
      explain(this.#form, message, error, { before: done.length ? `${done.join(" ")} No stock was added.` : "", names: FIELDS });
    }
    this.#changed();
  }
}
