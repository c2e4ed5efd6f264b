// <run-replay>: a stored run, fetched whole and offered for replay. The page's own table stays if that fails.

import "./code_area.js";
import "./event_table.js";
import "./output_pane.js";
import "./timeline/host.js";
import { showFacts, switchViews } from "./stage.js";

const BATCH = 2000;

class RunReplay extends HTMLElement {
  connectedCallback() {
    if (this.timeline) return;
    this.timeline = this.querySelector("run-timeline");
    this.table = this.querySelector("event-table");
    this.output = this.querySelector("output-pane");
    this.code = this.querySelector("code-area");
    switchViews(this);
    this.table.isShown = false;
    this.timeline.addEventListener("lineshow", (event) => this.code.light(event.detail.line));
    this.#load();
  }

  async #load() {
    try {
      const response = await fetch(this.dataset.events);
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      this.#show(readLines(await response.text()));
    } catch (error) {
      const place = this.querySelector("[data-problem]");
      place.textContent = `The events of this run could not be fetched (${error.message}). Reload the page to try again.`;
      place.hidden = false;
      this.querySelector("[data-view=table]").click();
    }
  }

  #show(events) {
    this.table.clear();
    this.output.clear("The program printed nothing.");
    const { model } = this.timeline;
    for (let i = 0; i < events.length; i += BATCH) {
      const batch = events.slice(i, i + BATCH);
      this.timeline.add(batch);
      this.table.add(batch, model);
      this.output.add(batch, (tid) => model.byTid.get(tid)?.label ?? "");
    }
    this.output.scrollTop = 0;
    this.timeline.finish();
    showFacts(this, model);
    this.code.fail(model.ended?.error?.line ?? null);
    this.dataset.ready = "";
  }
}

function readLines(text) {
  return text
    .split("\n")
    .filter((line) => line.trim())
    .map((line) => JSON.parse(line));
}

customElements.define("run-replay", RunReplay);
