// The page: reads its configuration, keeps address, title and header in step with what is shown.

import { Api } from "./api.js";
import { Attempts } from "./storage.js";
import { Board } from "./board.js";
import { Buy } from "./buy.js";
import { Cognito } from "./cognito.js";
import { loadConfig } from "./config.js";
import { find, html, tell } from "./dom.js";
import { Offer } from "./offer.js";
import { Photograph } from "./photograph.js";
import { Names } from "./products.js";
import { Session } from "./session.js";
import { SignIn } from "./sign-in.js";

const FIRST = "board";
const main = find("#main");

/** @param {string} name */
const section = (name) => find(`[data-view=${name}]`);

/** @returns {string} the view that the address names, by its `#/…` */
function addressed() {
  const name = location.hash.replace(/^#\//, "");
  return document.querySelector(`[data-view="${CSS.escape(name)}"]`) ? name : FIRST;
}

async function start() {
  const config = await loadConfig();
  find("#environment").textContent = config.environment ? `Environment: ${config.environment}.` : "";
  const cognito = new Cognito(config.cognitoUrl, config.userPoolClientId);
  const session = new Session(cognito);
  const signIn = new SignIn(cognito, session);
  const api = new Api(config.apiUrl, session, new Attempts(), (reason) => signIn.ask(reason));
  const names = new Names();

  const board = new Board(section("board"), api, session);
  const offer = new Offer(section("offer"), api, names);
  const photograph = new Photograph(section("photograph"), api, names);
  const buy = new Buy(section("buy"), api, names);
  /** @type {Record<string, {open: () => void, close: () => void}>} */
  const views = { board, offer, photograph, buy };
  const forms = [offer, photograph, buy];

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
    for (const form of forms) form.showUser(user);
  };
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

  let shown = "";
  const show = () => {
    const name = addressed();
    if (name === shown) return;
    if (shown) views[shown].close();
    for (const view of document.querySelectorAll("[data-view]")) {
      if (view instanceof HTMLElement) view.hidden = view.dataset.view !== name;
    }
    for (const link of document.querySelectorAll(".pages a")) {
      const isCurrent = link.getAttribute("href") === `#/${name}`;
      if (isCurrent) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
      if (isCurrent) document.title = `${link.textContent} · Hello, Retail!`;
    }
    views[name].open();
    if (shown) {
      main.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    shown = name;
  };
  addEventListener("hashchange", show);
  show();
}

find(".skip").addEventListener("click", (/** @type {Event} */ event) => {
  event.preventDefault();
  main.focus();
});

start().catch((error) => tell(find("#page-problem"), error instanceof Error ? error.message : String(error)));
