// <event-table>: the same events as the picture, as rows that can be filtered, copied and read aloud.

import { eventRow, matches } from "./event_rows.js";
import { plural } from "./words.js";

const MOST_ROWS = 300;
const COLUMNS = [
  ["time", "Time, ms", "number"],
  ["task", "Task", "short"],
  ["what", "What", "short"],
  ["detail", "Detail", ""],
  ["line", "Line", "number"],
];

class EventTable extends HTMLElement {
  #rows = [];
  #frame = 0;

  /** What the server put in stays until there is something to show in its place. */
  #build() {
    if (this.filter) return;
    this.filter = document.createElement("input");
    this.filter.className = "input input-small";
    this.filter.type = "search";
    this.filter.placeholder = "Filter, for example: fetch waits";
    this.filter.setAttribute("aria-label", "Filter the events");
    this.filter.addEventListener("input", () => this.#request());
    this.note = document.createElement("p");
    this.note.className = "quiet";
    this.note.setAttribute("role", "status");
    const head = document.createElement("div");
    head.className = "event-filter";
    head.append(this.filter, this.note);
    this.body = document.createElement("tbody");
    this.replaceChildren(head, frame(this.body));
  }

  clear() {
    this.#build();
    this.#rows = [];
    this.#request();
  }

  add(events, model) {
    for (const event of events) {
      const row = eventRow(event, model);
      if (row) this.#put(row);
    }
    this.#request();
  }

  /** A step is told when it has ended, and stands where it began. */
  #put(row) {
    if (row.ts >= (this.#rows.at(-1)?.ts ?? 0)) this.#rows.push(row);
    else this.#rows.splice(this.#rows.findLastIndex(({ ts }) => ts <= row.ts) + 1, 0, row);
  }

  /** Rows are made only while somebody looks at them. */
  set isShown(isShown) {
    this.hidden = !isShown;
    if (isShown) this.#request();
  }

  #request() {
    if (this.hidden || !this.filter) return;
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  #paint() {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = words.length ? this.#rows.filter((row) => matches(row, words)) : this.#rows;
    const shown = found.slice(0, MOST_ROWS);
    this.body.replaceChildren(...shown.map(rowElement));
    this.note.textContent = say(shown.length, found.length, this.#rows.length);
  }
}

function say(shown, found, all) {
  if (all === 0) return "No events yet.";
  if (shown < found) return `The first ${shown.toLocaleString("en")} of ${plural(found, "event")} that fit. Filter to see others.`;
  return found === all ? `${plural(all, "event")}.` : `${found.toLocaleString("en")} of ${plural(all, "event")}.`;
}

function frame(body) {
  const scroll = document.createElement("div");
  scroll.className = "table-scroll event-rows";
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "group");
  scroll.setAttribute("aria-label", "Events");
  const table = document.createElement("table");
  table.className = "table table-dense";
  const head = table.createTHead().insertRow();
  for (const [, title, kind] of COLUMNS) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = title;
    cell.className = kind;
    head.append(cell);
  }
  table.append(body);
  scroll.append(table);
  return scroll;
}

function rowElement(row) {
  const element = document.createElement("tr");
  for (const [name, , kind] of COLUMNS) {
    const cell = document.createElement("td");
    cell.textContent = row[name];
    cell.className = kind;
    element.append(cell);
  }
  return element;
}

customElements.define("event-table", EventTable);
