// <output-pane>: what a program printed, as text only, with the task that printed each line.

import { showHidden } from "./words.js";

const MOST_LINES = 2000;
const LONGEST_LINE = 4000;

class OutputPane extends HTMLElement {
  #open = null;
  #dropped = 0;
  #lines = 0;

  /** Says `hint` until something is printed. */
  clear(hint) {
    const words = document.createElement("p");
    words.className = "quiet";
    words.textContent = hint;
    this.replaceChildren(words);
    this.#open = null;
    this.#dropped = 0;
    this.#lines = 0;
  }

  /** Takes events and leaves all but output alone. `nameOf(tid)` is the task's label, or "". */
  add(events, nameOf) {
    const isAtEnd = this.scrollTop + this.clientHeight >= this.scrollHeight - 8;
    let isChanged = false;
    for (const event of events) {
      if (event.name !== "out") continue;
      this.#write(event.args.text, event.args.stream, event.tid, nameOf(event.tid));
      isChanged = true;
    }
    if (!isChanged) return;
    this.#trim();
    if (isAtEnd) this.scrollTop = this.scrollHeight;
  }

  /** What was typed for the program, after its prompt as in a terminal; `mark` says which key ended it. */
  echo(text, mark) {
    if (!this.#open) this.#begin("stdin", 0, "");
    const [typed, end] = [document.createElement("span"), document.createElement("span")];
    typed.className = "out-typed";
    typed.textContent = showHidden(text);
    end.className = "out-mark";
    end.textContent = mark;
    this.#open.words.append(hidden("input: "), typed, end);
    this.#open = null;
    this.#trim();
    this.scrollTop = this.scrollHeight;
  }

  get hasText() {
    return this.#lines > 0;
  }

  #write(text, stream, tid, name) {
    const parts = showHidden(text).split("\n");
    parts.forEach((part, i) => {
      const isLast = i === parts.length - 1;
      if (isLast && part === "") return;
      if (this.#open?.tid !== tid || this.#open.stream !== stream) this.#begin(stream, tid, name);
      this.#extend(part);
      if (!isLast) this.#open = null;
    });
  }

  #begin(stream, tid, name) {
    if (this.#lines === 0) this.replaceChildren();
    const row = document.createElement("div");
    const [task, words] = [document.createElement("span"), document.createElement("span")];
    row.className = `out-line out-${stream}`;
    task.className = "out-task";
    task.append(...shortName(name));
    words.className = "out-text";
    if (stream === "stderr") words.append(hidden("error output: "));
    row.append(task, words);
    this.append(row);
    this.#lines += 1;
    this.#open = { tid, stream, words, length: 0 };
  }

  #extend(text) {
    const { words, length } = this.#open;
    const room = LONGEST_LINE - length;
    if (room > 0) words.append(text.length > room ? `${text.slice(0, room)}… (line cut)` : text);
    this.#open.length += text.length;
  }

  #trim() {
    while (this.#lines > MOST_LINES) {
      this.querySelector(".out-line").remove();
      this.#lines -= 1;
      this.#dropped += 1;
    }
    if (!this.#dropped) return;
    let note = this.querySelector(".out-note");
    if (!note) {
      note = document.createElement("p");
      note.className = "out-note quiet";
      this.prepend(note);
    }
    note.textContent = `${this.#dropped.toLocaleString("en")} earlier lines are not shown here. The events to download from the kept run have them all.`;
  }
}

/** A long name may be cut, its number never. */
function shortName(label) {
  if (!label) return [];
  const at = label.lastIndexOf(" #");
  const [name, number] = [document.createElement("span"), document.createElement("span")];
  name.textContent = label.slice(0, at);
  number.textContent = label.slice(at);
  return [name, number];
}

function hidden(text) {
  const span = document.createElement("span");
  span.className = "visually-hidden";
  span.textContent = text;
  return span;
}

customElements.define("output-pane", OutputPane);
