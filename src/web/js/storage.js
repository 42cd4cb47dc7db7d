// What this browser keeps for the page; where site data is blocked, this page alone remembers.

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Store */

/**
 * Return a storage of the browser, or one in memory where reaching for it throws.
 * @param {"localStorage" | "sessionStorage"} name
 * @returns {Store} its `setItem` may throw still, where it is full
 */
export function storageOf(name) {
  try {
    return window[name] ?? inMemory();
  } catch {
    return inMemory();
  }
}

/** @returns {Store} */
function inMemory() {
  /** @type {Map<string, string>} */
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}
