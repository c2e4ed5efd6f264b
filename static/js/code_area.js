// <code-area> round a textarea: colours, line numbers, indenting by Tab, lines that can be lit or marked.

import { highlight } from "./highlight.js";

const INDENT = "    ";
const LEAST_ROWS = 12;
const MOST_ROWS = 36;

class CodeArea extends HTMLElement {
  #escaped = false;
  #lit = null;
  #failed = null;

  connectedCallback() {
    this.textarea = this.querySelector("textarea");
    this.original = this.textarea.defaultValue;
    if (!this.layer) {
      this.layer = document.createElement("pre");
      this.layer.className = "code";
      this.layer.setAttribute("aria-hidden", "true");
      this.prepend(this.layer);
      this.textarea.addEventListener("input", () => this.#paint());
      this.textarea.addEventListener("scroll", () => this.#follow(), { passive: true });
      this.textarea.addEventListener("keydown", (event) => this.#press(event));
      this.textarea.addEventListener("blur", () => {
        this.#escaped = false;
      });
    }
    this.dataset.ready = "";
    this.textarea.rows = Math.min(MOST_ROWS, Math.max(LEAST_ROWS, this.original.split("\n").length + 1));
    this.#paint();
  }

  get value() {
    return this.textarea.value;
  }

  /** Puts another program in; the caret stays where it was as far as it can. */
  set value(program) {
    if (program === this.textarea.value) return;
    const { selectionStart, scrollTop } = this.textarea;
    this.textarea.value = program;
    this.textarea.setSelectionRange(selectionStart, selectionStart);
    this.textarea.scrollTop = scrollTop;
    this.#paint();
  }

  /** Lights a line, or none with null; brings it into view. */
  light(line) {
    if (line === this.#lit) return;
    this.#mark("line-lit", this.#lit, line);
    this.#lit = line;
    if (line !== null) this.#reveal(line);
  }

  /** Marks the line at which a run failed, or none with null. */
  fail(line) {
    this.#mark("line-failed", this.#failed, line);
    this.#failed = line;
    if (line !== null) this.#reveal(line);
  }

  #mark(name, before, after) {
    this.layer.children[before - 1]?.classList.remove(name);
    this.layer.children[after - 1]?.classList.add(name);
  }

  #reveal(line) {
    const row = this.layer.children[line - 1];
    if (!row) return;
    const { scrollTop, clientHeight } = this.textarea;
    const isSeen = row.offsetTop >= scrollTop && row.offsetTop + row.offsetHeight * 2 <= scrollTop + clientHeight;
    if (!isSeen) this.textarea.scrollTop = row.offsetTop - clientHeight / 2;
  }

  #paint() {
    const rows = highlight(this.textarea.value).map((parts, i) => {
      const row = document.createElement("span");
      row.className = "line";
      row.dataset.line = i + 1;
      for (const [kind, text] of parts) row.append(kind ? coloured(kind, text) : text);
      return row;
    });
    this.layer.replaceChildren(...rows);
    this.#mark("line-lit", null, this.#lit);
    this.#mark("line-failed", null, this.#failed);
    this.#follow();
  }

  #follow() {
    this.layer.style.transform = `translate(${-this.textarea.scrollLeft}px, ${-this.textarea.scrollTop}px)`;
  }

  /** Tab indents; after Escape it leaves, as it does everywhere else. */
  #press(event) {
    if (event.key === "Escape") this.#escaped = true;
    else if (event.key === "Tab" && !this.#escaped) this.#indent(event);
    else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) this.#newLine(event);
    else if (event.key !== "Shift" && event.key !== "Tab") this.#escaped = false;
  }

  #indent(event) {
    event.preventDefault();
    const { value, selectionStart, selectionEnd } = this.textarea;
    const from = value.lastIndexOf("\n", selectionStart - 1) + 1;
    if (!event.shiftKey && selectionStart === selectionEnd) {
      this.#type(INDENT, selectionStart, selectionEnd);
      return;
    }
    const block = value.slice(from, selectionEnd);
    const moved = event.shiftKey ? block.replace(/^ {1,4}/gm, "") : block.replace(/^(?=[^\n])/gm, INDENT);
    this.#type(moved, from, selectionEnd);
    if (selectionStart !== selectionEnd) this.textarea.setSelectionRange(from, from + moved.length);
  }

  #newLine(event) {
    event.preventDefault();
    const { value, selectionStart, selectionEnd } = this.textarea;
    const line = value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart);
    const deeper = /:\s*(#.*)?$/.test(line) ? INDENT : "";
    this.#type(`\n${line.match(/^ */)[0]}${deeper}`, selectionStart, selectionEnd);
  }

  #type(text, from, to) {
    this.textarea.setSelectionRange(from, to);
    // The one way of changing a textarea that keeps its undo history.
    const isTyped = document.execCommand(text ? "insertText" : "delete", false, text);
    if (!isTyped) this.textarea.setRangeText(text, from, to, "end");
    if (!isTyped) this.textarea.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function coloured(kind, text) {
  const span = document.createElement("span");
  span.className = kind;
  span.textContent = text;
  return span;
}

customElements.define("code-area", CodeArea);
