// What the deployment tells the page: `config.json`, written beside it and never cached.

import { Problem, json, request } from "./http.js";

/**
 * @typedef {object} Config
 * @property {string} apiUrl the API's whole address, without a slash at its end
 * @property {string} cognitoUrl where Cognito answers
 * @property {string} userPoolClientId the app client, which has no secret
 * @property {string} environment
 * @property {string} currency of all prices, three capitals of ISO 4217
 * @property {string | null} uploads the origin that takes pictures; null where the environment has no studio
 * @property {boolean} workshop whether photographers may name a picture without being asked for it
 */

const NEEDED = ["apiUrl", "region", "userPoolClientId"];
const CURRENCY = "USD";

/**
 * @returns {Promise<Config>}
 * @throws {Error} with a sentence for the person
 */
export async function loadConfig() {
  let found;
  try {
    found = json(await request("config.json", { cache: "no-store" }));
  } catch (error) {
    if (error instanceof Problem) throw new Error("This page was put up without its config.json: deploy it again.");
    throw error;
  }
  const missing = NEEDED.filter((name) => typeof found?.[name] !== "string" || !found[name]);
  if (missing.length) throw new Error(`This page's config.json lacks ${missing.join(", ")}: deploy it again.`);
  const currency = found.currency ?? CURRENCY; // an environment that has no shop yet says nothing
  if (!/^[A-Z]{3}$/.test(currency)) throw new Error("The currency in this page's config.json is not three capitals, such as EUR: deploy it again.");
  return {
    apiUrl: new URL(found.apiUrl, location.href).href.replace(/\/+$/, ""), // "/api" where the site passes it on
    cognitoUrl: found.cognitoUrl || `https://cognito-idp.${found.region}.amazonaws.com/`,
    userPoolClientId: found.userPoolClientId,
    environment: found.environment || "",
    currency,
    uploads: originOf(found.uploadsUrl),
    workshop: found.workshop === true,
  };
}

/** @param {unknown} url */
function originOf(url) {
  if (!url) return null;
  try {
    return new URL(String(url)).origin;
  } catch {
    throw new Error("The uploadsUrl in this page's config.json is no address: deploy it again.");
  }
}
