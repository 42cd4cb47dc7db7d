// The page: reads its configuration, keeps address, title and header in step with what is shown.

import { Api } from "./api.js";
import { Attempts } from "./storage.js";
import { Basket } from "./basket.js";
import { Board } from "./board.js";
import { Cognito } from "./cognito.js";
import { loadConfig } from "./config.js";
import { entitle, find, html, number, tell } from "./dom.js";
import { Catalog, Names } from "./products.js";
import { Session } from "./session.js";
import { SignIn } from "./sign-in.js";

/**
 * What every view may use.
 * @typedef {object} Page
 * @property {Api} api
 * @property {Session} session
 * @property {Basket} basket
 * @property {Catalog} catalog
 * @property {Names} names
 * @property {string} currency
 * @property {string | null} uploads
 * @property {boolean} workshop
 */
/**
 * A view; `argument` is what the address says after the view's name.
 * @typedef {object} View
 * @property {(argument: string) => void} open also when the argument changes
 * @property {() => void} close
 * @property {(user: import("./session.js").User | null) => void} [showUser]
 * @property {() => boolean} [restoreFocus] says whether it could; asked when somebody comes back
 */

const FIRST = "board";
/** @type {Record<string, string>} */
const MOVED = { buy: "shop" };
/**
 * All but the first are loaded when somebody first opens them.
 * @type {Record<string, (page: Page) => Promise<new (view: HTMLElement, page: Page) => View>>}
 */
const VIEWS = {
  board: async () => Board,
  shop: async () => (await import("./shop.js")).Shop,
  product: async () => (await import("./product.js")).ProductView,
  cart: async () => (await import("./cart.js")).Cart,
  orders: async () => (await import("./orders.js")).Orders,
  offer: async () => (await import("./offer.js")).Offer,
  photograph: async ({ uploads }) => {
    if (!uploads) return (await import("./photograph.js")).Photograph;
    return (await import("./inbox.js")).Inbox;
  },
};
const main = find("#main");
const problem = find("#page-problem");

/** @returns {{name: string, argument: string}} the view that the address names, `#/<name>/<argument>` */
function readAddress() {
  const [, name = "", rest = ""] = /^#\/([^/]*)\/?(.*)$/.exec(location.hash) ?? [];
  if (Object.hasOwn(MOVED, name)) {
    history.replaceState(history.state, "", `#/${MOVED[name]}`);
    return { name: MOVED[name], argument: "" };
  }
  if (!Object.hasOwn(VIEWS, name)) return { name: FIRST, argument: "" };
  try {
    return { name, argument: decodeURIComponent(rest) };
  } catch {
    return { name, argument: "" }; // half an escape sequence
  }
}

/** @param {string | null} name of the one view to show; null for none, while one is loaded */
function showSection(name) {
  for (const view of document.querySelectorAll("[data-view]")) {
    if (view instanceof HTMLElement) view.hidden = view.dataset.view !== name;
  }
}

/** @param {string} name of a view */
function markLink(name) {
  const isOfShop = name === "product";
  for (const link of document.querySelectorAll(".pages a")) {
    const isCurrent = link.getAttribute("href") === `#/${isOfShop ? "shop" : name}`;
    if (isCurrent) link.setAttribute("aria-current", isOfShop ? "true" : "page");
    else link.removeAttribute("aria-current");
    if (isCurrent) entitle(link.firstChild?.textContent?.trim() ?? "");
  }
}

async function start() {
  const config = await loadConfig();
  find("#environment").textContent = config.environment ? `Environment: ${config.environment}.` : "";
  const cognito = new Cognito(config.cognitoUrl, config.userPoolClientId);
  const session = new Session(cognito);
  const signIn = new SignIn(cognito, session);
  const api = new Api(config.apiUrl, session, new Attempts(), (reason) => signIn.ask(reason));
  const basket = new Basket(api, session);
  const page = { api, session, basket, catalog: new Catalog(api), names: new Names(), currency: config.currency, uploads: config.uploads, workshop: config.workshop };
  /** @type {Map<string, View>} */
  const views = new Map();

  const signInButton = find("#sign-in");
  const signOutButton = find("#sign-out");
  const showUser = () => {
    const { user } = session;
    const holdsFocus = [signInButton, signOutButton].includes(document.activeElement);
    const groups = user?.groups.length ? ` · ${user.groups.join(", ")}` : "";
    const name = find("#who-name");
    name.hidden = !user && !session.isLost;
    name.classList.toggle("is-lost", session.isLost);
    name.replaceChildren(...(user ? [html("bdi", {}, user.name), groups] : session.isLost ? ["Your session has ended"] : []));
    signInButton.hidden = user !== null;
    signInButton.textContent = session.isLost ? "Sign in again" : "Sign in";
    signOutButton.hidden = user === null;
    if (holdsFocus) (user ? signOutButton : signInButton).focus();
    for (const view of views.values()) view.showUser?.(user);
  };
  basket.addEventListener("change", () => {
    const { pieces } = basket;
    find("#in-cart").replaceChildren(...(pieces ? [number(pieces), html("span", { class: "visually-hidden" }, pieces === 1 ? " piece" : " pieces")] : []));
  });
  session.addEventListener("change", showUser);
  showUser();
  signInButton.addEventListener("click", async () => {
    try {
      await signIn.ask(session.isLost ? "Your session has ended. What you typed is kept." : "");
      signOutButton.focus(); // the dialog gives the focus back to a button that is hidden now
    } catch {
      // not now
    }
  });
  signOutButton.addEventListener("click", () => session.signOut());

  /** @param {string} name */
  const load = async (name) => {
    const Loaded = await VIEWS[name](page);
    const view = views.get(name) ?? new Loaded(find(`[data-view=${name}]`), page);
    if (!views.has(name)) view.showUser?.(session.user);
    views.set(name, view);
    return view;
  };

  let shown = "";
  let round = 0;
  /** How far down the addresses that somebody has been at were scrolled. @type {Map<string, number>} */
  const scrolled = new Map();
  history.scrollRestoration = "manual";
  const show = async () => {
    const { name, argument } = readAddress();
    const own = ++round;
    const before = shown;
    const isBack = history.state !== null; // an entry of the history that was shown before
    history.replaceState({ wasShown: true }, "");
    if (name !== before) {
      views.get(before)?.close();
      showSection(null);
      markLink(name);
    }
    shown = name;
    let view;
    try {
      view = await load(name);
    } catch {
      if (own === round) tell(problem, "This part of the page cannot be loaded. Check your connection, then reload the page.");
      return;
    }
    if (own !== round) return;
    tell(problem, "");
    showSection(name);
    view.open(argument);
    if (!before) return;
    scrollTo(0, isBack ? (scrolled.get(location.hash) ?? 0) : 0);
    if (name !== before && !(isBack && view.restoreFocus?.())) main.focus({ preventScroll: true });
  };
  addEventListener("hashchange", ({ oldURL }) => {
    scrolled.set(new URL(oldURL).hash, scrollY);
    show();
  });
  await show();
}

find(".skip").addEventListener("click", (/** @type {Event} */ event) => {
  event.preventDefault();
  main.focus();
});

start().catch((error) => tell(problem, error instanceof Error ? error.message : String(error)));
