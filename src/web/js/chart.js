// A board as bars: one row for each contributor, which slides when ranks change.

import { isCalm, number, set, svg } from "./dom.js";

const ROW = 42;
const BAR_TOP = 25;
const BAR = 9;
const LONGEST_NAME = 26;

/** @typedef {import("./movement.js").Row} Row */

export class Chart {
  #root;
  /** @type {Map<string, {group: any, parts: Record<string, any>}>} */
  #rows = new Map();

  /** @param {SVGSVGElement} root */
  constructor(root) {
    this.#root = root;
  }

  /**
   * @param {Row[]} rows highest first
   * @param {string} description what the picture says, for who does not see it
   */
  draw(rows, description) {
    const most = Math.max(1, ...rows.map((row) => row.score));
    set(this.#root, { height: rows.length * ROW, "aria-label": description });
    const gone = new Set(this.#rows.keys());
    rows.forEach((row, index) => {
      gone.delete(row.userId);
      const isNew = !this.#rows.has(row.userId);
      const { group, parts } = this.#rows.get(row.userId) ?? this.#add(row.userId);
      parts.name.textContent = shortened(row.name);
      parts.score.textContent = number(row.score);
      // What is new looks out from under what was there, so that the two never leave a gap.
      set(parts.gain, { width: percent(row.score / most) });
      set(parts.bar, { width: percent((row.score - row.gained) / most) });
      group.style.transform = `translateY(${index * ROW}px)`;
      if (isNew && !isCalm()) group.animate([{ opacity: 0 }, { opacity: 1 }], 400);
    });
    for (const userId of gone) {
      this.#rows.get(userId)?.group.remove();
      this.#rows.delete(userId);
    }
  }

  /** @param {string} userId */
  #add(userId) {
    const line = { y: BAR_TOP, height: BAR, rx: BAR / 2 };
    const parts = {
      name: svg("text", { class: "bar-name", x: 0, y: 17 }),
      score: svg("text", { class: "bar-score", x: "100%", y: 17 }),
      bar: svg("rect", { class: "bar", x: 0, width: 0, ...line }),
      gain: svg("rect", { class: "bar-gain", x: 0, width: 0, ...line }),
    };
    const track = svg("rect", { class: "bar-track", x: 0, width: "100%", ...line });
    const group = svg("g", { class: "bar-row" }, parts.name, parts.score, track, parts.gain, parts.bar);
    this.#root.append(group);
    const added = { group, parts };
    this.#rows.set(userId, added);
    return added;
  }
}

/** @param {number} share */
const percent = (share) => `${(share * 100).toFixed(2)}%`;

/** @param {string} name */
function shortened(name) {
  const letters = [...name];
  return letters.length > LONGEST_NAME ? `${letters.slice(0, LONGEST_NAME - 1).join("")}…` : name;
}
