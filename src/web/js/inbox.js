// The photographer's inbox: registering, the one open assignment with its clock, and sending its picture.

import { clock, find, html, number, tell } from "./dom.js";
import { explain, fieldError, gate, hush, once, say } from "./forms.js";
import { Problem } from "./http.js";
import { Photograph } from "./photograph.js";
import { swatch } from "./products.js";
import { SessionLost } from "./session.js";
import { Refused, post, scale } from "./upload.js";

const SCHEMAS = "com.nordstrom/user-info/";
const OPEN_MS = 5_000;
const IDLE_MS = 30_000;
/** An act shows within seconds: ask more often for a while. */
const HURRY_MS = 1_000;
const HURRY_FOR_MS = 15_000;
/** How long the problem of an earlier picture may stand before it is taken for one of the picture that was just sent. */
const CHECK_MS = 30_000;
const SHORT_S = 60;

/** @type {Record<string, string>} */
const PROBLEMS = {
  "not-an-image": "Your last file was not a picture.",
  "wrong-type": "Your last file was not of the type that was announced.",
  "too-small": "Your last picture was too small: it needs at least 200 pixels each way.",
  "too-large": "Your last picture was too large: it may have at most 8,000 pixels each way.",
  "cut-short": "Your last picture arrived incomplete.",
  "extra-bytes": "Your last picture had something else behind its end.",
};

/** @typedef {import("./api.js").Inbox} Letters */
/** @typedef {import("./api.js").Assignment} Assignment */

export class Inbox {
  #view;
  #api;
  #session;
  #uploads;
  #root;
  #part;
  #message;
  /** @type {HTMLFormElement} */
  #form = find("#picture-form");
  /** Naming a picture unasked, where the environment lets people. @type {Photograph | null} */
  #secondWay;
  /** Who is signed in and has an inbox. @type {string | null} */
  #user = null;
  /** Whose inbox and picture this is; still so after their session has ended. @type {string | null} */
  #owner = null;
  /** @type {Letters | null} */
  #inbox = null;
  /** @type {import("./upload.js").Picture | null} */
  #picture = null;
  /** Choosing a picture makes an earlier choice that is still being scaled too late. */
  #choice = 0;
  /** The problem that stood when a picture was last sent, and until when it is not taken for that picture's. */
  #checked = { problem: "", until: 0 };
  /** How far the shop's clock is ahead of this one, in milliseconds. */
  #ahead = 0;
  #hurryUntil = 0;
  #isOpen = false;
  #round = 0;
  /** @type {number | undefined} */
  #timer;
  #told = "";

  /**
   * @param {HTMLElement} view
   * @param {import("./main.js").Page} page
   */
  constructor(view, page) {
    this.#view = view;
    this.#api = page.api;
    this.#session = page.session;
    this.#uploads = page.uploads;
    this.#root = find("[data-part=inbox]", view);
    this.#part = (/** @type {string} */ name) => find(`[data-part=${name}]`, this.#root);
    this.#message = this.#part("message");
    this.#root.hidden = false;
    this.#part("second-way").hidden = !page.workshop;
    find("#photograph-form", view).hidden = !page.workshop;
    this.#secondWay = page.workshop ? new Photograph(view, page) : null;
    const [register, leave] = [this.#part("register"), this.#part("leave")];
    register.addEventListener("click", () => once(register, "Registering…", () => this.#register()).then(() => this.#show()));
    leave.addEventListener("click", () => once(leave, "Leaving…", () => this.#leave()));
    for (const field of this.#form.querySelectorAll("input")) field.addEventListener("change", () => this.#choose(field));
    this.#form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      once(find("[type=submit]", this.#form), "Sending…", () => this.#send());
    });
    document.addEventListener("visibilitychange", () => this.#restart());
    addEventListener("online", () => this.#restart());
    setInterval(() => this.#tellTime(), 1000);
    this.#show();
  }

  open() {
    this.#isOpen = true;
    this.#restart();
    this.#secondWay?.open();
  }

  close() {
    this.#isOpen = false;
    this.#restart();
  }

  /** @param {import("./session.js").User | null} user */
  showUser(user) {
    gate(this.#view, user, "photographer", "photograph products");
    const before = this.#user;
    this.#user = user?.groups.includes("photographer") ? user.id : null;
    if (this.#user !== this.#owner && !this.#session.isLost) {
      this.#owner = this.#user;
      this.#inbox = null;
      hush(this.#message);
      this.#part("news").textContent = "";
      this.#drop();
      this.#show();
    }
    if (this.#user !== before) this.#restart();
  }

  // asking

  #restart() {
    clearTimeout(this.#timer);
    this.#round += 1;
    if (this.#isOpen && !document.hidden && this.#user) this.#ask(this.#round);
  }

  #hurry() {
    this.#hurryUntil = Date.now() + HURRY_FOR_MS;
    this.#restart();
  }

  /** @param {number} round answers of an earlier one come too late */
  async #ask(round) {
    let asked = 0;
    try {
      const { inbox, now } = await this.#api.assignments();
      if (round !== this.#round) return;
      this.#ahead = now - Date.now();
      tell(this.#part("trouble"), "");
      this.#receive(inbox);
    } catch (error) {
      if (round !== this.#round || error instanceof SessionLost) return;
      asked = error instanceof Problem ? (error.retryAfter ?? 0) * 1000 : 0;
      tell(this.#part("trouble"), `${sentenceOf(error)} The page keeps asking.`);
    }
    const pace = Date.now() < this.#hurryUntil ? HURRY_MS : this.#inbox?.assignment ? OPEN_MS : IDLE_MS;
    this.#timer = setTimeout(() => this.#ask(round), Math.max(asked, pace));
  }

  /** @param {Letters} inbox */
  #receive(inbox) {
    const before = this.#inbox;
    this.#inbox = inbox;
    const [had, has] = [before?.assignment ?? null, inbox.assignment];
    const isOther = had?.product !== has?.product || had?.attempt !== has?.attempt;
    if (isOther) {
      this.#drop();
      this.#checked = { problem: "", until: 0 };
      this.#told = "";
    }
    if (before && had && isOther) this.#tellEnd(had, inbox.completed > before.completed, inbox.registered);
    if (has && (isOther || had?.state !== has.state)) this.#announce(has);
    if (has && this.#checked.until && (has.state === "delivered" || this.#problemOf(has))) {
      hush(this.#message); // which says that the picture is being checked
      this.#checked.until = 0;
    }
    if (JSON.stringify(before) !== JSON.stringify(inbox) || this.#checked.until) this.#show();
  }

  /**
   * Say what has become of an assignment.
   * @param {Assignment} assignment
   * @param {boolean} isDone
   * @param {boolean} isRegistered
   */
  #tellEnd({ product, name }, isDone, isRegistered) {
    const named = html("bdi", {}, name);
    if (isDone) say(this.#message, "good", "Your picture of ", html("a", { href: `#/product/${encodeURIComponent(product)}` }, named), " is in the shop.");
    else if (isRegistered) say(this.#message, "bad", named, " is not your assignment any more: its time ran out, or it has a picture already.");
  }

  /** @param {Assignment} assignment */
  #announce({ name, state }) {
    this.#part("news").textContent = state === "asked" ? `You are asked for a picture of ${name}.` : `The shop has taken your picture of ${name}.`;
  }

  // showing

  #show() {
    const focused = document.activeElement;
    const inbox = this.#inbox;
    const isIn = inbox?.registered ?? false;
    const assignment = inbox?.assignment ?? null;
    tell(this.#part("standing"), standing(inbox, this.#user !== null));
    for (const name of ["counts", "advice", "leave"]) this.#part(name).hidden = !isIn;
    this.#part("allowance").textContent = number(inbox?.left ?? 0);
    this.#part("completed").textContent = number(inbox?.completed ?? 0);
    const register = this.#part("register");
    if (register.getAttribute("aria-disabled") !== "true") register.textContent = isIn ? "Register again" : "Register";
    register.className = isIn && inbox?.left ? "quiet" : "primary";
    this.#part("assignment").hidden = !isIn && !assignment;
    this.#showAssignment(assignment, inbox?.left ?? 0);
    if (focused instanceof HTMLElement && this.#root.contains(focused) && focused.closest("[hidden]")) {
      (this.#message.hidden ? find("#main") : this.#message).focus({ preventScroll: true });
    }
  }

  /**
   * @param {Assignment | null} assignment
   * @param {number} left
   */
  #showAssignment(assignment, left) {
    const isTaken = assignment?.state === "delivered";
    const none = left ? "You have no assignment now. The shop asks you here as soon as a product needs a picture." : "You have no assignment now, and none left.";
    tell(this.#part("waiting"), assignment ? (isTaken ? "The shop has taken your picture. It shows in the shop within seconds." : "") : none);
    this.#part("task").hidden = !assignment;
    this.#form.hidden = isTaken;
    this.#part("clock").hidden = isTaken;
    this.#part("product").replaceChildren(...(assignment ? describe(assignment) : []));
    if (!assignment) return;
    tell(this.#part("problem"), isTaken ? "" : this.#problemOf(assignment));
    this.#tellTime();
  }

  /** @param {Assignment} assignment */
  #problemOf({ problem }) {
    if (!problem || (problem === this.#checked.problem && Date.now() < this.#checked.until)) return "";
    return `${PROBLEMS[problem] ?? `The shop did not take your last picture (${problem}).`} Send another one.`;
  }

  #tellTime() {
    const assignment = this.#inbox?.assignment;
    if (!this.#isOpen || assignment?.state !== "asked") return;
    const until = Date.parse(assignment.until);
    const seconds = Math.max(0, Math.ceil((until - this.#ahead - Date.now()) / 1000));
    this.#part("clock").classList.toggle("is-short", seconds <= SHORT_S);
    this.#part("left").textContent = seconds ? duration(seconds) : "0:00";
    this.#part("until").textContent = seconds ? `left, until ${clock(until - this.#ahead)}` : "left: the time is over.";
    const told = seconds === 0 ? "The time for your picture is over." : seconds <= SHORT_S ? "A minute or less is left for your picture." : "";
    if (told === this.#told) return;
    this.#told = told;
    if (told) this.#part("news").textContent = told;
    if (seconds === 0) this.#restart();
  }

  // acting

  async #register() {
    await this.#tellShop("register-photographer", "You are registered. The shop asks you here when a product needs a picture.");
  }

  async #leave() {
    const open = this.#inbox?.assignment ? " The next photographer is asked for the picture." : "";
    await this.#tellShop("unregister-photographer", `You have left, and are not asked any more.${open}`);
  }

  /**
   * @param {string} act
   * @param {string} words for when the shop has heard it
   */
  async #tellShop(act, words) {
    hush(this.#message);
    try {
      const { id } = await this.#api.user();
      await this.#api.send(act, { schema: `${SCHEMAS}${act}/1-0-0`, id });
      say(this.#message, "good", words);
      this.#hurry();
    } catch (error) {
      say(this.#message, "bad", sentenceOf(error));
    }
  }

  /** @param {HTMLInputElement} field */
  async #choose(field) {
    const file = field.files?.[0];
    field.value = ""; // so that the same file can be chosen again
    if (!file) return;
    this.#drop();
    const choice = this.#choice;
    this.#part("note").textContent = "Scaling the picture…";
    try {
      const picture = await scale(file);
      if (choice !== this.#choice) return;
      this.#picture = picture;
      this.#part("preview").replaceChildren(html("img", { src: URL.createObjectURL(picture.blob), alt: "The picture that is sent", width: picture.width, height: picture.height }));
      this.#part("preview").hidden = false;
      this.#part("note").textContent = `Your picture has ${number(picture.width)} × ${number(picture.height)} pixels, ${number(Math.ceil(picture.blob.size / 1024))} KiB.`;
    } catch (error) {
      if (choice !== this.#choice) return;
      this.#drop();
      fieldError(this.#form, "image", sentenceOf(error));
    }
  }

  /** Forget the picture that was chosen. */
  #drop() {
    this.#choice += 1;
    this.#picture = null;
    const shown = this.#part("preview").querySelector("img");
    if (shown) URL.revokeObjectURL(shown.src);
    this.#part("preview").replaceChildren();
    this.#part("preview").hidden = true;
    this.#part("note").textContent = "";
    fieldError(this.#form, "image", "");
  }

  async #send() {
    hush(this.#message);
    const assignment = this.#inbox?.assignment;
    if (!assignment) return;
    if (!this.#picture) {
      fieldError(this.#form, "image", "Choose a picture first.");
      find("[name=image]", this.#form).focus();
      return;
    }
    const { blob } = this.#picture;
    const progress = find("progress", this.#form);
    progress.value = 0;
    this.#part("uploading").hidden = false;
    try {
      await this.#upload(assignment, blob, (share) => (progress.value = share));
      this.#checked = { problem: assignment.problem ?? "", until: Date.now() + CHECK_MS };
      this.#drop();
      this.#show();
      say(this.#message, "good", "Your picture of ", html("bdi", {}, assignment.name), " is sent. The shop checks it now.");
      this.#message.focus();
      this.#hurry();
    } catch (error) {
      this.#tellFailure(assignment, error);
    } finally {
      this.#part("uploading").hidden = true;
    }
  }

  /**
   * Post the picture, with a second ticket where the first was over before the picture had arrived.
   * @param {Assignment} assignment
   * @param {Blob} blob
   * @param {(share: number) => void} tellProgress
   */
  async #upload({ product }, blob, tellProgress) {
    for (let tickets = 1; ; tickets += 1) {
      const ticket = await this.#api.uploadTicket(product, blob);
      if (new URL(ticket.url).origin !== this.#uploads) throw new Error("The shop takes pictures at another address than this page knows. Reload the page.");
      try {
        return await post(ticket, blob, tellProgress);
      } catch (error) {
        if (!(error instanceof Refused && error.isOver) || tickets > 1) throw error;
      }
    }
  }

  /**
   * @param {Assignment} assignment
   * @param {unknown} error
   */
  #tellFailure({ name }, error) {
    const status = error instanceof Problem ? error.status : 0;
    if (status === 404) say(this.#message, "bad", html("bdi", {}, name), " is not your assignment any more, so the picture was not sent.");
    else if (status === 410) say(this.#message, "bad", "The time for ", html("bdi", {}, name), " is over, so the picture was not sent.");
    else explain(this.#form, this.#message, error);
    this.#message.focus();
    if (status === 404 || status === 410) this.#hurry();
  }
}

/** @param {unknown} error */
const sentenceOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * Say what it means to be registered, or not to be.
 * @param {Letters | null} inbox null before the first answer
 * @param {boolean} isAsked whether an answer is to come
 */
function standing(inbox, isAsked) {
  if (!inbox && isAsked) return "Looking…";
  if (!inbox?.registered) return "Register, and the shop asks you for pictures of new products, one at a time. Each has a deadline.";
  if (!inbox.left) return "You have used all your assignments. Register again to be asked for more.";
  return "You are registered.";
}

/** @param {Assignment} assignment */
function describe({ product, name, brand }) {
  const words = html("span", { class: "what" }, html("bdi", { class: "product-name" }, name), html("bdi", { class: "by" }, brand));
  return [swatch(product), words];
}

/**
 * Return a time that is left, such as `4:05` or `1:00:00`.
 * @param {number} seconds
 */
function duration(seconds) {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, index) => (index ? String(part).padStart(2, "0") : String(part))).join(":");
}
