// What changed on a board: pure functions over snapshots of it.

/** @typedef {import("./api.js").Entry} Entry */
/** @typedef {Entry & {movement: "up" | "down" | "same" | "new", places: number, gained: number}} Row */
/** @typedef {{at: number, entries: Entry[]}} Snapshot */

/**
 * Keep what a board was, as far back as the comparison needs.
 * @param {Snapshot[]} history oldest first
 * @param {Snapshot} latest
 * @param {number} span milliseconds that a comparison looks back
 * @returns {Snapshot[]} a new history; its first entry is what to compare with
 */
export function remember(history, latest, span) {
  const last = history.at(-1);
  const all = last && isSame(last.entries, latest.entries) ? history : [...history, latest];
  const since = latest.at - span;
  let first = 0;
  while (first + 1 < all.length && all[first + 1].at <= since) first += 1;
  return all.slice(first);
}

/**
 * Compare a board with what it was.
 * @param {Entry[]} entries
 * @param {Entry[]} before
 * @returns {Row[]} `places` is how far up or down, `gained` the sales since; both 0 for who was not on it
 */
export function compare(entries, before) {
  const known = new Map(before.map((entry) => [entry.userId, entry]));
  return entries.map((entry) => {
    const was = known.get(entry.userId);
    if (!was) return { ...entry, movement: "new", places: 0, gained: 0 };
    const places = was.rank - entry.rank;
    const movement = places > 0 ? "up" : places < 0 ? "down" : "same";
    return { ...entry, movement, places: Math.abs(places), gained: Math.max(0, entry.score - was.score) };
  });
}

/**
 * @param {Entry[]} some
 * @param {Entry[]} others
 */
export function isSame(some, others) {
  return JSON.stringify(some) === JSON.stringify(others);
}
