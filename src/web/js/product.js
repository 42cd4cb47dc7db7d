// One product: what the catalog says of it, and putting it into the cart.

import { counted, entitle, find, html, tell } from "./dom.js";
import { gate, hush, once, say } from "./forms.js";
import { formatPrice } from "./prices.js";
import { CartButton, addressOf, isMaskOf, people, picture } from "./products.js";

const SCHEMA = "com.nordstrom/product/purchase/1-0-0";
const AGAIN_MS = 1000;
const A_MOMENT_MS = 60_000;
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });

/** @typedef {import("./api.js").Product} Product */

export class ProductView {
  #view;
  #page;
  #part;
  #id = "";
  /** @type {Map<string, Sheet>} */
  #sheets = new Map();
  /** @type {number | undefined} */
  #timer;
  /** Answers of an earlier round come too late. */
  #round = 0;

  /**
   * @param {HTMLElement} view
   * @param {import("./main.js").Page} page
   */
  constructor(view, page) {
    this.#view = view;
    this.#page = page;
    this.#part = (/** @type {string} */ name) => find(`[data-part=${name}]`, view);
    const again = this.#part("again");
    again.addEventListener("click", () => once(again, "Looking…", () => this.#load()));
    page.basket.addEventListener("change", () => this.#sheets.get(this.#id)?.showCart());
  }

  /** @param {string} id */
  open(id) {
    this.#id = id;
    const sheet = this.#sheets.get(id);
    this.#part("sheet").replaceChildren(...(sheet ? [sheet.root] : []));
    this.#tellTitle(sheet?.product?.name ?? this.#page.names.of(id) ?? "Product");
    this.#part("again").hidden = true;
    hush(this.#part("message"));
    tell(this.#part("wait"), sheet ? "" : "Looking…");
    this.#load();
    this.#page.basket.load();
  }

  close() {
    clearTimeout(this.#timer);
    this.#round += 1;
  }

  /** @param {import("./session.js").User | null} user */
  showUser(user) {
    gate(this.#view, user, "customer", "order");
    for (const sheet of this.#sheets.values()) sheet.showUser(user);
  }

  async #load() {
    clearTimeout(this.#timer);
    const round = ++this.#round;
    const id = this.#id;
    const { catalog, api, names, session } = this.#page;
    try {
      const [product, contributors] = await Promise.all([catalog.ask(id), people(api)]);
      if (round !== this.#round) return;
      hush(this.#part("message"));
      this.#part("again").hidden = true;
      const isNew = Date.now() - names.offeredAt(id) < A_MOMENT_MS;
      if (product) {
        const sheet = this.#sheets.get(id) ?? new Sheet(this.#page, id);
        this.#sheets.set(id, sheet);
        sheet.show(product, contributors);
        sheet.showUser(session.user);
        if (sheet.root.parentElement !== this.#part("sheet")) this.#part("sheet").replaceChildren(sheet.root);
        this.#tellTitle(product.name);
        tell(this.#part("wait"), "");
        // Its price and stock are events of their own, which come after it.
        if (isNew && (product.cents === null || !product.inStock)) this.#timer = setTimeout(() => this.#load(), AGAIN_MS);
      } else if (isNew) {
        tell(this.#part("wait"), "This product was offered a moment ago. It shows here as soon as the shop has it.");
        this.#timer = setTimeout(() => this.#load(), AGAIN_MS);
      } else {
        this.#part("sheet").replaceChildren();
        this.#tellTitle("No such product");
        tell(this.#part("wait"), `Nobody has offered a product with the id “${id}”. Look for another one in the shop.`);
      }
    } catch (error) {
      if (round !== this.#round) return;
      tell(this.#part("wait"), "");
      say(this.#part("message"), "bad", error instanceof Error ? error.message : String(error));
      this.#part("again").hidden = false;
    }
  }

  /** @param {string} name */
  #tellTitle(name) {
    this.#part("name").textContent = name;
    entitle(name);
  }
}

/** What is shown of one product, with the outcome of what was bought. */
class Sheet {
  #page;
  #id;
  #part;
  /** @type {CartButton | null} */
  #toCart = null;
  #bought = 0;
  /** @type {Product | null} */
  product = null;

  /**
   * @param {import("./main.js").Page} page
   * @param {string} id
   */
  constructor(page, id) {
    this.#page = page;
    this.#id = id;
    const button = html("button", { type: "button", class: "quiet", "data-part": "buy" }, "Buy");
    const shortCut = html(
      "div",
      { class: "short-cut", hidden: !page.workshop },
      html("p", { class: "actions buying" }, button, html("span", { class: "outcome", "data-part": "outcome", hidden: true })),
      html("p", { class: "hint" }, "Without order and payment: this environment is a workshop."),
    );
    this.root = html(
      "div",
      { class: "card sheet", "data-product": id },
      html("div", { "data-part": "picture" }),
      html(
        "div",
        { class: "sheet-text" },
        html("p", { class: "by", "data-part": "brand" }),
        html("p", { class: "price", "data-part": "price" }),
        html("p", { "data-part": "stock" }),
        html("div", { "data-part": "to-cart" }),
        shortCut,
        html("p", { class: "visually-hidden", role: "status", "data-part": "status" }),
        html("p", { "data-part": "own", hidden: true }, html("a", { href: `#/offer/${id}` }, "Change its price or stock")),
        html("h2", {}, "Description"),
        html("p", { class: "prose", "data-part": "description" }),
        html("dl", { class: "facts", "data-part": "facts" }),
      ),
    );
    this.#part = (/** @type {string} */ name) => find(`[data-part=${name}]`, this.root);
    button.addEventListener("click", () => once(button, "Buying…", () => this.#buy()));
  }

  /**
   * @param {Product} product
   * @param {Map<string, string>} contributors their names by masks
   */
  show(product, contributors) {
    const before = this.product;
    this.product = product;
    if (before?.image !== product.image || !before) this.#part("picture").replaceChildren(picture(product));
    this.#part("brand").replaceChildren(html("bdi", {}, product.brand));
    this.#part("price").textContent = product.cents === null ? "No price yet" : formatPrice(product.cents, this.#page.currency);
    this.#part("stock").className = product.inStock ? "stock is-in" : "stock";
    this.#part("stock").textContent = product.inStock ? "In stock" : "Not in stock. An order of it is refused until its merchant adds pieces.";
    this.#offer(product);
    this.#part("description").textContent = product.description;
    const facts = [
      ["Category", html("a", { href: addressOf(product.category) }, html("bdi", {}, product.category))],
      ["Merchant", html("bdi", {}, contributors.get(product.merchant) ?? product.merchant)],
      ["Offered on", day(product.offeredAt)],
      ["Product id", html("span", { class: "mono" }, product.id)],
    ];
    this.#part("facts").replaceChildren(...facts.flatMap(([name, value]) => [html("dt", {}, name), html("dd", {}, value)]));
  }

  /** @param {import("./session.js").User | null} user */
  showUser(user) {
    this.#part("own").hidden = !this.product || !isMaskOf(this.product.merchant, user);
  }

  showCart() {
    this.#toCart?.show();
  }

  /**
   * Offer to put it into the cart, where it has a price.
   * @param {Product} product
   */
  #offer(product) {
    const place = this.#part("to-cart");
    if (product.cents === null) place.replaceChildren();
    else if (!place.firstChild) {
      this.#toCart = new CartButton(this.#page.basket, () => this.product ?? product, { look: "primary", news: this.#part("status") });
      place.append(this.#toCart.root);
    }
  }

  async #buy() {
    const outcome = this.#part("outcome");
    tell(outcome, "");
    outcome.removeAttribute("role");
    try {
      await this.#page.api.send(`buy ${this.#id}`, { schema: SCHEMA, id: this.#id });
      this.#bought += 1;
      outcome.className = "outcome is-good";
      tell(outcome, this.#bought === 1 ? "Bought" : `Bought ${counted(this.#bought, "time", "times")}`);
      this.#part("status").textContent = `${this.product?.name ?? "The product"} is bought${this.#bought === 1 ? "" : `, now ${this.#bought} times`}.`;
    } catch (error) {
      outcome.className = "outcome is-bad";
      outcome.setAttribute("role", "alert");
      tell(outcome, error instanceof Error ? error.message : String(error));
    }
  }
}

/** @param {string} time of ISO 8601 */
function day(time) {
  const at = Date.parse(time);
  return Number.isNaN(at) ? "–" : DAY.format(at);
}
