// Offering a product.

import { find, html } from "./dom.js";
import { check, explain, gate, hush, keepDraft, once, say } from "./forms.js";
import { swatch } from "./products.js";

const SCHEMA = "com.nordstrom/product/create/1-0-0";
const FIELDS = ["brand", "name", "description", "category"];
const SHOWN = 12;

export class Offer {
  #view;
  #api;
  #names;
  #form = find("#offer-form");
  #message = find("[data-part=message]", this.#form);
  #forgetDraft = keepDraft(this.#form);

  /**
   * @param {HTMLElement} view
   * @param {import("./api.js").Api} api
   * @param {import("./products.js").Names} names
   */
  constructor(view, api, names) {
    this.#view = view;
    this.#api = api;
    this.#names = names;
    this.#form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      once(find("[type=submit]", this.#form), "Sending…", () => this.#send());
    });
    this.#list();
  }

  open() {}

  close() {}

  /** @param {import("./session.js").User | null} user */
  showUser(user) {
    gate(this.#view, user, "merchant", "offer products");
  }

  async #send() {
    hush(this.#message);
    if (!check(this.#form)) return;
    const values = Object.fromEntries(FIELDS.map((name) => [name, this.#form.elements.namedItem(name).value.trim()]));
    try {
      const { productId } = await this.#api.send("offer", { schema: SCHEMA, ...values });
      this.#names.add(productId, values.name);
      this.#form.reset();
      this.#forgetDraft();
      this.#list();
      say(this.#message, "good", "You offer ", html("strong", {}, html("bdi", {}, values.name)), " as product ", html("span", { class: "mono" }, productId), ".");
      this.#form.elements.namedItem("name").focus();
    } catch (error) {
      explain(this.#form, this.#message, error);
    }
  }

  #list() {
    const offered = this.#names.all.slice(0, SHOWN);
    find("[data-part=offered-empty]", this.#view).hidden = offered.length > 0;
    find("[data-part=offered]", this.#view).replaceChildren(
      ...offered.map(({ id, name }) => html("li", {}, swatch(id), html("div", { class: "what" }, html("bdi", { class: "product-name" }, name), html("span", { class: "mono" }, id)))),
    );
  }
}
