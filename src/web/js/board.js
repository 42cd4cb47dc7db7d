// The board: asks for the scores about every second while somebody looks, and shows what moves.

import { Chart } from "./chart.js";
import { ago, clock, counted, find, html, isCalm, number, tell } from "./dom.js";
import { Problem } from "./http.js";
import { compare, isSame, remember } from "./movement.js";
import { isMaskOf } from "./products.js";
import { Trending } from "./trending.js";

const SHOWN = 10;
const EVERY_MS = 1000;
const SLOWEST_MS = 15_000;
const LOOK_BACK_MS = 60_000;
const STALE_MS = 3500;
const NEWS_EVERY_MS = 10_000;

/** @typedef {import("./movement.js").Row} Row */
/** @typedef {import("./api.js").Entry} Entry */

/** One role's card: leader, bars, table. */
class Card {
  /** @type {import("./movement.js").Snapshot[]} */
  #history = [];
  /** @type {Row[]} */
  #rows = [];
  /** @type {Map<string, any>} */
  #lines = new Map();
  #drawing = "";
  #part;
  #chart;
  #plural;

  /** When the scores last changed while somebody looked; 0 for never. */
  changedAt = 0;

  /** @param {HTMLElement} card */
  constructor(card) {
    this.role = card.dataset.role ?? "";
    this.#plural = `${this.role}s`;
    this.#part = (/** @type {string} */ name) => find(`[data-part=${name}]`, card);
    this.#chart = new Chart(this.#part("chart"));
  }

  /** @returns {Entry | undefined} */
  get leader() {
    return this.#rows[0];
  }

  /**
   * @param {Entry[]} entries
   * @param {number} at
   * @param {import("./session.js").User | null} user
   */
  show(entries, at, user) {
    const before = this.#history.at(-1);
    if (before && !isSame(before.entries, entries)) this.changedAt = at;
    this.#history = remember(this.#history, { at, entries }, LOOK_BACK_MS);
    const rows = compare(entries, this.#history[0].entries);
    const drawing = JSON.stringify([rows, user?.id]);
    if (drawing === this.#drawing) return; // who reads or selects is not disturbed
    this.#drawing = drawing;
    this.#part("empty").hidden = rows.length > 0;
    this.#part("table").hidden = rows.length === 0;
    this.#part("legend").hidden = rows.length === 0;
    this.#chart.draw(rows, this.#described(rows));
    this.#drawLeader(rows);
    this.#drawTable(rows, user);
    this.#rows = rows;
  }

  /** @param {Row[]} rows */
  #drawLeader(rows) {
    const [first] = rows;
    if (!first) {
      this.#part("leader").replaceChildren(html("span", { class: "leader-name" }, "–"));
      return;
    }
    this.#part("leader").replaceChildren(
      html("span", { class: "leader-name" }, html("bdi", {}, first.name)),
      html("span", { class: "leader-score" }, counted(first.score, "sale", "sales")),
    );
  }

  /**
   * @param {Row[]} rows
   * @param {import("./session.js").User | null} user
   */
  #drawTable(rows, user) {
    const body = find("tbody", this.#part("table"));
    const were = new Map([...this.#lines].map(([id, line]) => [id, line.offsetTop]));
    const scores = new Map(this.#rows.map((row) => [row.userId, row.score]));
    const lines = rows.map((row) => {
      const line = this.#lines.get(row.userId) ?? html("tr", {}, html("td"), html("th", { scope: "row" }), html("td"), html("td"));
      fill(line, row, isOwn(row, user));
      return [row.userId, line];
    });
    this.#lines = new Map(/** @type {[string, any][]} */ (lines));
    const wanted = lines.map(([, line]) => line);
    if (wanted.length !== body.children.length || wanted.some((line, index) => body.children[index] !== line)) {
      body.replaceChildren(...wanted);
    }
    if (isCalm()) return;
    for (const row of rows) {
      const line = this.#lines.get(row.userId);
      const moved = (were.get(row.userId) ?? line.offsetTop) - line.offsetTop;
      if (moved) line.animate([{ transform: `translateY(${moved}px)` }, { transform: "none" }], { duration: 500, easing: "ease-in-out" });
      const score = scores.get(row.userId);
      if (score !== undefined && score !== row.score) {
        line.classList.remove("changed");
        requestAnimationFrame(() => line.classList.add("changed"));
      }
    }
  }

  /** @param {Row[]} rows */
  #described(rows) {
    const best = rows.slice(0, 3).map((row) => `${row.name} ${number(row.score)}`);
    if (!best.length) return `Bar chart of the ${this.#plural}' sales: no scores yet`;
    return `Bar chart of the ${this.#plural}' sales, led by ${best.join(", ")}. The table below has every number.`;
  }
}

/**
 * @param {HTMLTableRowElement} line
 * @param {Row} row
 * @param {boolean} own
 */
function fill(line, row, own) {
  const [rank, name, gained, score] = line.cells;
  rank.replaceChildren(html("span", { class: "rank" }, String(row.rank)), moved(row));
  name.replaceChildren(html("bdi", {}, row.name), ...(own ? [" ", html("span", { class: "you" }, "you")] : []));
  name.title = row.userId;
  gained.className = row.gained ? "number gained" : "number none";
  gained.textContent = row.gained ? `+${number(row.gained)}` : "0";
  score.className = "number";
  score.textContent = number(row.score);
}

/** @param {Row} row */
function moved({ movement, places }) {
  const [sign, words] = {
    up: [`▲${places}`, `, up ${counted(places, "place", "places")}`],
    down: [`▼${places}`, `, down ${counted(places, "place", "places")}`],
    new: ["new", ""],
    same: ["", ""],
  }[movement];
  const seen = html("span", { class: `move move-${movement}` }, sign);
  if (words) seen.setAttribute("aria-hidden", "true");
  return html("span", {}, seen, ...(words ? [html("span", { class: "visually-hidden" }, words)] : []));
}

/**
 * @param {Row} row
 * @param {import("./session.js").User | null} user
 */
function isOwn(row, user) {
  return user !== null && row.name === user.name && isMaskOf(row.userId, user);
}

export class Board {
  #api;
  #session;
  #cards;
  #trending;
  #isOpen = false;
  #answeredAt = 0;
  #wait = EVERY_MS;
  /** @type {number | undefined} */
  #timer;
  #round = 0;
  #leaders = "";
  #newsAt = -Infinity;
  #freshness = find("#freshness");
  #text = find("#freshness-text");
  #problem = find("#board-problem");
  #news = find("#board-news");

  /**
   * @param {HTMLElement} view
   * @param {import("./main.js").Page} page
   */
  constructor(view, { api, session, catalog }) {
    this.#api = api;
    this.#session = session;
    this.#trending = new Trending(find("[data-part=trending-card]", view), api, catalog);
    this.#cards = [.../** @type {NodeListOf<HTMLElement>} */ (view.querySelectorAll("[data-role]"))].map((card) => new Card(card));
    document.addEventListener("visibilitychange", () => this.#start());
    addEventListener("online", () => this.#start());
    setInterval(() => this.#tellFreshness(), 1000);
  }

  open() {
    this.#isOpen = true;
    this.#start();
  }

  close() {
    this.#isOpen = false;
    clearTimeout(this.#timer);
    this.#round += 1;
    this.#trending.stop();
  }

  #start() {
    clearTimeout(this.#timer);
    this.#round += 1;
    this.#wait = EVERY_MS;
    if (!this.#isOpen || document.hidden) {
      this.#trending.stop();
      return;
    }
    this.#ask(this.#round);
    this.#trending.start();
  }

  /** @param {number} round answers of an earlier one come too late */
  async #ask(round) {
    const began = performance.now();
    let asked = 0;
    try {
      const boards = await Promise.all(this.#cards.map((card) => this.#api.scores(card.role, SHOWN)));
      if (round !== this.#round) return;
      this.#answeredAt = Date.now();
      this.#wait = EVERY_MS;
      this.#cards.forEach((card, index) => card.show(boards[index], this.#answeredAt, this.#session.user));
      tell(this.#problem, "");
      this.#tellNews();
    } catch (error) {
      if (round !== this.#round) return;
      this.#wait = Math.min(this.#wait * 2, SLOWEST_MS);
      asked = error instanceof Problem && error.retryAfter ? error.retryAfter * 1000 : 0;
      this.#tellProblem(error);
    }
    this.#tellFreshness();
    this.#timer = setTimeout(() => this.#ask(round), Math.max(asked, this.#wait - (performance.now() - began)));
  }

  #tellFreshness() {
    if (!this.#isOpen || !this.#answeredAt) return;
    const age = Date.now() - this.#answeredAt;
    const isLive = age < STALE_MS;
    this.#freshness.classList.toggle("is-live", isLive);
    this.#freshness.classList.toggle("is-stale", !isLive);
    const changedAt = Math.max(...this.#cards.map((card) => card.changedAt));
    const change = changedAt ? ` · changed ${ago(Date.now() - changedAt)}` : "";
    const words = isLive ? `Live · as of ${clock(this.#answeredAt)}${change}` : `Not live · scores of ${clock(this.#answeredAt)}, ${ago(age)}`;
    if (this.#text.textContent !== words) this.#text.textContent = words;
  }

  /** @param {unknown} error */
  #tellProblem(error) {
    const sentence = error instanceof Error ? error.message : String(error);
    const old = this.#answeredAt ? ` These scores are from ${clock(this.#answeredAt)}.` : "";
    tell(this.#problem, `${sentence} The page keeps asking.${old}`);
    if (!this.#answeredAt) this.#text.textContent = "No answer yet";
  }

  /** Tell who leads to who listens, when it changes and not all the time. */
  #tellNews() {
    const leaders = this.#cards.map((card) => (card.leader ? `${card.leader.name} leads the ${card.role}s.` : "")).join(" ").trim();
    const now = performance.now();
    if (leaders === this.#leaders || now - this.#newsAt < NEWS_EVERY_MS) return;
    this.#leaders = leaders;
    this.#newsAt = now;
    this.#news.textContent = leaders;
  }
}
