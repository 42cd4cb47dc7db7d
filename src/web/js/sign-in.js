// The sign-in: a dialog above the page, so that what lies under it stays as it was typed.

import { find, tell } from "./dom.js";
import { check, fieldError, hush, once, say } from "./forms.js";
import { Refusal } from "./cognito.js";

const BUTTON = { password: "Sign in", "new-password": "Set it and sign in", code: "Check the code" };
const STEP_OF = { NEW_PASSWORD_REQUIRED: "new-password", SOFTWARE_TOKEN_MFA: "code" };

/** @typedef {import("./cognito.js").Challenge} Challenge */
/** @typedef {"password" | "new-password" | "code"} Step */

/** The person closed the dialog. */
export class SignInDeclined extends Error {
  constructor() {
    super("You are not signed in, so this was not sent. What you typed is still here.");
  }
}

export class SignIn {
  #cognito;
  #session;
  #dialog = find("#sign-in-dialog");
  #form = find("#sign-in-form");
  #message = find("[data-part=message]", this.#form);
  #button = find("[type=submit]", this.#form);
  /** @type {Step} */
  #step = "password";
  /** @type {Challenge | null} */
  #challenge = null;
  /** @type {Promise<void> | null} */
  #asking = null;
  /** @type {(() => void) | null} */
  #succeed = null;
  /** @type {((reason: Error) => void) | null} */
  #decline = null;

  /**
   * @param {import("./cognito.js").Cognito} cognito
   * @param {import("./session.js").Session} session
   */
  constructor(cognito, session) {
    this.#cognito = cognito;
    this.#session = session;
    this.#form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      once(this.#button, "One moment…", () => this.#submit());
    });
    find("[data-part=cancel]", this.#form).addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("close", () => this.#closed());
  }

  /**
   * Ask the person to sign in; questions at the same time are one.
   * @param {string} [reason] a sentence
   * @returns {Promise<void>} done when somebody is signed in
   * @throws {SignInDeclined}
   */
  ask(reason = "") {
    this.#asking ??= new Promise((resolve, reject) => {
      this.#succeed = resolve;
      this.#decline = reject;
      this.#form.reset();
      this.#challenge = null;
      tell(find("#sign-in-reason"), reason);
      this.#show("password");
      this.#dialog.showModal();
    });
    return this.#asking;
  }

  #closed() {
    this.#form.reset();
    if (this.#session.user) this.#succeed?.();
    else this.#decline?.(new SignInDeclined());
    this.#asking = this.#succeed = this.#decline = null;
  }

  async #submit() {
    hush(this.#message);
    if (!check(this.#form)) return;
    try {
      const outcome = await this.#attempt();
      if (!this.#dialog.open) return;
      if ("idToken" in outcome) {
        this.#session.adopt(outcome);
        this.#dialog.close();
      } else this.#continue(outcome);
    } catch (error) {
      this.#explain(error);
    }
  }

  #attempt() {
    if (!this.#challenge) return this.#cognito.signIn(this.#value("username").trim(), this.#value("password"));
    if (this.#step === "code") return this.#cognito.answer(this.#challenge, { SOFTWARE_TOKEN_MFA_CODE: this.#value("code").replaceAll(/\s/g, "") });
    /** @type {Record<string, string>} */
    const responses = { NEW_PASSWORD: this.#value("new-password") };
    if (this.#challenge.attributes.includes("name")) responses["userAttributes.name"] = this.#value("name").trim();
    return this.#cognito.answer(this.#challenge, responses);
  }

  /** @param {Challenge} challenge */
  #continue(challenge) {
    const step = /** @type {Record<string, Step>} */ (STEP_OF)[challenge.name];
    const beyond = challenge.attributes.filter((name) => name !== "name");
    if (!step || beyond.length) {
      say(this.#message, "bad", `This account needs something that this page cannot do (${[challenge.name, ...beyond].join(", ")}). Ask who made it for you.`);
      return;
    }
    this.#challenge = challenge;
    find("[data-part=display-name]", this.#form).hidden = !challenge.attributes.includes("name");
    this.#show(step);
  }

  /** @param {unknown} error */
  #explain(error) {
    const sentence = error instanceof Error ? error.message : String(error);
    const isOver = error instanceof Refusal && error.code === "NotAuthorizedException";
    if (isOver && this.#challenge) {
      this.#challenge = null;
      this.#show("password");
      say(this.#message, "bad", "That took too long. Sign in again.");
      return;
    }
    if (error instanceof Refusal && error.code === "InvalidPasswordException" && fieldError(this.#form, "new-password", sentence)) {
      this.#form.elements.namedItem("new-password").focus();
      return;
    }
    say(this.#message, "bad", sentence);
    const field = this.#form.elements.namedItem(this.#step); // each step is named for its secret
    field.focus();
    field.select();
  }

  /** @param {Step} step */
  #show(step) {
    this.#step = step;
    hush(this.#message);
    for (const part of this.#form.querySelectorAll("[data-step]")) part.hidden = part.dataset.step !== step;
    for (const error of this.#form.querySelectorAll(".field-error")) tell(error, "");
    for (const field of this.#form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    this.#button.textContent = BUTTON[step];
    this.#form.querySelector(`[data-step=${step}] input`)?.focus();
  }

  /**
   * @param {string} name
   * @returns {string}
   */
  #value(name) {
    return this.#form.elements.namedItem(name).value;
  }
}
