// Who is signed in, and for how long: tokens kept for this tab, renewed before they end.

import { Refusal } from "./cognito.js";
import { storageOf } from "./storage.js";

const STORE = "hello-retail.session";
const AHEAD_MS = 60_000;
const AGAIN_MS = 5_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** @typedef {{id: string, name: string, groups: string[]}} User */
/** @typedef {{idToken: string, refreshToken: string | null, expiresAt: number, renewAt: number}} Kept */

/** Nobody is signed in, or not any more. */
export class SessionLost extends Error {
  constructor() {
    super("You are not signed in.");
  }
}

/**
 * Fires `change` whenever somebody signs in or out, or a session is lost.
 *
 * The tokens lie in sessionStorage: a reload keeps them, closing the tab ends them, other tabs do not see them.
 */
export class Session extends EventTarget {
  #cognito;
  #storage;
  /** @type {Kept | null} */
  #kept = null;
  /** @type {User | null} */
  #user = null;
  /** @type {number | undefined} */
  #timer;
  /** @type {Promise<void> | null} */
  #renewal = null;

  /** Whether a session ended without the person's doing. */
  isLost = false;

  /**
   * @param {import("./cognito.js").Cognito} cognito
   * @param {import("./storage.js").Store} [storage]
   */
  constructor(cognito, storage = storageOf("sessionStorage")) {
    super();
    this.#cognito = cognito;
    this.#storage = storage;
    this.#keep(read(storage));
    // A laptop that slept, or a tab put aside: timers ran late.
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#watch();
    });
  }

  /** @returns {User | null} as the ID token says, for display: the shop checks the token itself */
  get user() {
    return this.#user;
  }

  /**
   * Take over the tokens of a sign-in.
   * @param {import("./cognito.js").Tokens} tokens
   */
  adopt(tokens) {
    const now = Date.now();
    // By the token itself: `ExpiresIn` is the access token's. A difference, so that a clock that is wrong does no harm.
    const { exp, iat } = claimsOf(tokens.idToken);
    const lifetime = (exp - iat) * 1000;
    this.isLost = false;
    this.#keep({
      idToken: tokens.idToken,
      refreshToken: tokens.refreshToken ?? this.#kept?.refreshToken ?? null,
      expiresAt: now + lifetime,
      renewAt: now + Math.max(lifetime - AHEAD_MS, lifetime / 2),
    });
    this.#changed();
  }

  /**
   * Return an ID token that is still good, a new one if need be.
   * @returns {Promise<string>}
   * @throws {SessionLost} when the person has to sign in
   * @throws {Error} when Cognito cannot be reached, with a sentence
   */
  async idToken() {
    if (this.#kept && Date.now() >= this.#kept.renewAt) {
      try {
        await this.renew();
      } catch (error) {
        if (error instanceof SessionLost || Date.now() >= (this.#kept?.expiresAt ?? 0)) throw error;
      }
    }
    if (!this.#kept) throw new SessionLost();
    return this.#kept.idToken;
  }

  /**
   * Get new tokens now; calls at the same time share one request.
   * @returns {Promise<void>}
   * @throws {SessionLost} when Cognito gives no more
   * @throws {Error} when Cognito cannot be reached, with a sentence
   */
  renew() {
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  /** Forget the tokens because the shop or Cognito does not take them any more. */
  lose() {
    this.isLost = this.#kept !== null || this.isLost;
    this.#keep(null);
    this.#changed();
  }

  /** Sign out here at once, and tell Cognito, which may fail: the tokens end by themselves. */
  async signOut() {
    const refreshToken = this.#kept?.refreshToken;
    this.isLost = false;
    this.#keep(null);
    this.#changed();
    if (refreshToken) await this.#cognito.revoke(refreshToken).catch(() => {});
  }

  async #renew() {
    const before = this.#kept;
    if (!before?.refreshToken) {
      this.lose();
      throw new SessionLost();
    }
    try {
      const tokens = await this.#cognito.refresh(before.refreshToken);
      if (this.#kept === before) this.adopt(tokens);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "TooManyRequestsException") throw error;
      if (this.#kept === before) this.lose();
      throw new SessionLost();
    }
  }

  /** @param {Kept | null} kept */
  #keep(kept) {
    this.#kept = kept;
    this.#user = kept && userOf(kept.idToken);
    try {
      if (kept) this.#storage.setItem(STORE, JSON.stringify(kept));
      else this.#storage.removeItem(STORE);
    } catch {
      // no room: the session ends with a reload
    }
    this.#watch();
  }

  #watch() {
    clearTimeout(this.#timer);
    if (!this.#kept) return;
    const wait = Math.min(Math.max(0, this.#kept.renewAt - Date.now()), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#renewOnTime(), wait);
  }

  async #renewOnTime() {
    if (this.#kept && Date.now() < this.#kept.renewAt) {
      this.#watch();
      return;
    }
    try {
      await this.renew();
    } catch (error) {
      if (!(error instanceof SessionLost)) this.#timer = setTimeout(() => this.#renewOnTime(), AGAIN_MS);
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * @param {import("./storage.js").Store} storage
 * @returns {Kept | null}
 */
function read(storage) {
  try {
    const kept = JSON.parse(storage.getItem(STORE) ?? "null");
    if (kept) userOf(kept.idToken);
    return kept;
  } catch {
    return null;
  }
}

/**
 * @param {string} idToken
 * @returns {any}
 */
function claimsOf(idToken) {
  const base64 = idToken.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

/**
 * @param {string} idToken
 * @returns {User}
 */
function userOf(idToken) {
  const claims = claimsOf(idToken);
  return {
    id: String(claims.sub),
    name: String(claims.name || claims["cognito:username"] || claims.sub),
    groups: Array.isArray(claims["cognito:groups"]) ? claims["cognito:groups"] : [],
  };
}
