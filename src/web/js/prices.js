// Prices: whole minor units (cents) in the shop, amounts with decimals for people. Only whole numbers are calculated.

/** Decimals of the currencies that do not have two (ISO 4217). Browsers disagree about some of them. */
const DECIMALS = new Map([
  ...["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"].map((currency) => /** @type {[string, number]} */ ([currency, 0])),
  ...["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"].map((currency) => /** @type {[string, number]} */ ([currency, 3])),
  ...["CLF", "UYW"].map((currency) => /** @type {[string, number]} */ ([currency, 4])),
]);

export const PRICE = "com.nordstrom/product/price/1-0-0";
export const STOCK = "com.nordstrom/product/stock/1-0-0";
export const MOST_CENTS = 100_000_000;
export const MOST_STOCK = 1_000_000;

/** @typedef {{value: number, error?: undefined} | {error: string}} Entry what was typed, or what is wrong with it */

/** @param {string} currency three capitals of ISO 4217 */
export const decimalsOf = (currency) => DECIMALS.get(currency) ?? 2;

/**
 * Return an amount in the currency's units, such as "12.50".
 * @param {number} cents
 * @param {string} currency
 */
export function toUnits(cents, currency) {
  const decimals = decimalsOf(currency);
  const digits = String(cents).padStart(decimals + 1, "0");
  return decimals ? `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}` : digits;
}

/**
 * Return a price as people read it, such as "$12.50".
 * @param {number} cents
 * @param {string} currency
 * @param {string} [locale] by default the browser's
 */
export function formatPrice(cents, currency, locale) {
  const decimals = decimalsOf(currency);
  const format = new Intl.NumberFormat(locale, { style: "currency", currency, minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return format.format(/** @type {any} */ (toUnits(cents, currency))); // as text: no amount becomes a fraction in binary
}

/**
 * Return an example of a price, such as "12.50".
 * @param {string} currency
 */
function exampleOf(currency) {
  const decimals = decimalsOf(currency);
  return decimals ? `12.${"5".padEnd(decimals, "0")}` : "1200";
}

/**
 * Say in which currency a price is written, with an example.
 * @param {string} currency
 */
export function priceHint(currency) {
  const parts = new Intl.NumberFormat("en", { style: "currency", currency, currencyDisplay: "name" }).formatToParts(2);
  return `In ${parts.find(({ type }) => type === "currency")?.value ?? currency}, for example ${exampleOf(currency)}.`;
}

/**
 * Read a price as it is typed, with a point or the locale's own sign before the decimals.
 * @param {string} text
 * @param {string} currency
 * @param {string} [locale] by default the browser's
 * @returns {Entry} the value in minor units
 */
export function parsePrice(text, currency, locale) {
  const decimals = decimalsOf(currency);
  const example = exampleOf(currency);
  const sign = new Intl.NumberFormat(locale).formatToParts(1.5).find(({ type }) => type === "decimal")?.value ?? ".";
  const [units, fraction = "", ...more] = text.trim().replace(sign, ".").split(".");
  const hasSign = /[^0-9]/.test(text.trim());
  if (more.length || !/^[0-9]{1,12}$/.test(units) || !/^[0-9]*$/.test(fraction) || (hasSign && !fraction)) {
    return { error: `Write the price as a number without other signs, for example ${example}.` };
  }
  if (fraction.length > decimals) {
    return { error: decimals ? `A price in ${currency} has at most ${decimals} decimals, for example ${example}.` : `A price in ${currency} has no decimals, for example ${example}.` };
  }
  const cents = BigInt(units + fraction.padEnd(decimals, "0"));
  if (cents < 1n) return { error: `The price must be at least ${formatPrice(1, currency, locale)}.` };
  if (cents > BigInt(MOST_CENTS)) return { error: `The price may be at most ${formatPrice(MOST_CENTS, currency, locale)}.` };
  return { value: Number(cents) };
}

/**
 * Read a number of pieces as it is typed.
 * @param {string} text
 * @returns {Entry}
 */
export function parseStock(text) {
  if (!/^[0-9]{1,12}$/.test(text.trim())) return { error: "Write the number of pieces as a whole number, for example 20." };
  const pieces = Number(text.trim());
  if (pieces < 1) return { error: "Add at least 1 piece." };
  if (pieces > MOST_STOCK) return { error: `At most ${MOST_STOCK.toLocaleString()} pieces can be added at once.` };
  return { value: pieces };
}
