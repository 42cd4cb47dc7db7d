// Requests whose status is always looked at: what comes back is a good answer, or an error in words.

const TIMEOUT_MS = 10_000;

/** @type {Record<number, string>} */
const WORDS = {
  401: "The shop does not accept your sign-in any more.",
  403: "You may not do this.",
  404: "There is nothing at this place.",
  408: "The shop waited too long for the request.",
  409: "The same request is still under way.",
  413: "This is too much for one request.",
  429: "Too many people ask at once. Wait a moment and try again.",
  503: "The shop cannot take this just now. Wait a moment and try again.",
};

/** @typedef {{text: string, headers: Headers, url: string}} Answer */

/** No answer, or one that the browser does not let the page read. */
export class Unreachable extends Error {}

/** No answer in time. */
export class TimedOut extends Unreachable {}

/** An answer that says no: a problem document (RFC 9457), or a status without one. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} detail a sentence for the person
   * @param {{pointer?: string, detail: string}[]} errors what is wrong with single fields
   * @param {number | null} retryAfter seconds, where the answer says so
   */
  constructor(status, detail, errors = [], retryAfter = null) {
    super(detail);
    this.status = status;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }
}

/**
 * Send a request and return its good answer, read to its end within the time.
 * @param {URL | string} address
 * @param {RequestInit & {timeout?: number}} [options] as fetch takes them; `timeout` in milliseconds
 * @returns {Promise<Answer>} of a status from 200 to 299
 * @throws {Unreachable | Problem}
 */
export async function request(address, { timeout = TIMEOUT_MS, ...options } = {}) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeout);
  try {
    const response = await fetch(address, {
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      ...options,
      signal: controller.signal,
    });
    if (!response.ok) throw await problemOf(response);
    return { text: await response.text(), headers: response.headers, url: response.url };
  } catch (error) {
    if (error instanceof Problem) throw error;
    if (controller.signal.aborted) throw new TimedOut("The shop does not answer. Try again in a moment.");
    throw new Unreachable("The shop cannot be reached. Check your connection and try again.");
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Return the JSON of a good answer.
 * @param {Answer} answer
 * @returns {any}
 * @throws {Unreachable} where it is no JSON
 */
export function json({ text }) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unreachable("The shop's answer cannot be read. Try again in a moment.");
  }
}

/** @param {Response} response */
async function problemOf(response) {
  const { status } = response;
  /** @type {any} */
  let body = null;
  try {
    body = await response.json();
  } catch {
    // no document: the status speaks
  }
  const known = WORDS[status] ?? (status >= 500 ? "Something went wrong in the shop. Try again in a moment." : null);
  const detail = typeof body?.detail === "string" ? body.detail : (known ?? `The shop said no (${status}).`);
  const fault = status >= 500 && typeof body?.requestId === "string" ? ` (request ${body.requestId})` : "";
  const errors = Array.isArray(body?.errors) ? body.errors.filter((/** @type {any} */ e) => typeof e?.detail === "string") : [];
  const seconds = Number(response.headers.get("retry-after"));
  return new Problem(status, detail + fault, errors, seconds > 0 ? seconds : null);
}
