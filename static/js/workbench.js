// <run-workbench>: a lesson's settings, program, Run and Stop, and what the run shows.

import "./code_area.js";
import "./event_table.js";
import "./output_pane.js";
import "./timeline/host.js";
import { Controls } from "./controls.js";
import { ProgramInput } from "./program_input.js";
import { RunSocket } from "./run_socket.js";
import { RunState } from "./run_state.js";
import { showFacts, switchViews } from "./stage.js";
import { endWords, leftOutWords, queuedWords, remedy } from "./words.js";

const OUTPUT_HINT = "What the program prints will appear here, with the task that printed it.";

class RunWorkbench extends HTMLElement {
  /** Put in whole, an element comes to life before those in it; they must be there first. */
  connectedCallback() {
    queueMicrotask(() => this.isConnected && !this.form && this.#setUp());
  }

  #setUp() {
    this.form = this.querySelector("form");
    this.code = this.querySelector("code-area");
    this.timeline = this.querySelector("run-timeline");
    this.table = this.querySelector("event-table");
    this.output = this.querySelector("output-pane");
    this.problem = this.querySelector("[data-problem]");
    this.input = new ProgramInput(this, {
      send: (line) => this.#sendLine(line),
      end: () => this.#endInput(),
      leave: () => this.output.focus({ preventScroll: true }),
    });
    this.state = new RunState(this, { wall: Number(this.dataset.wallS), changed: (name) => this.input.follow(name) });
    this.controls = new Controls(this, this.code, () => this.#edited());
    this.socket = new RunSocket({ url: this.dataset.socket });
    this.table.clear();
    switchViews(this);
    this.#listen();
    this.#follow();
    this.#restoreDraft();
    this.#edited();
    this.#watchLast();
    if (this.closest(".run-place")) this.state.run.focus({ preventScroll: true });
  }

  disconnectedCallback() {
    this.socket?.close();
    document.removeEventListener("keydown", this.pressed);
  }

  /** Ctrl+Enter runs from anywhere on the page. */
  pressed = (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.run();
  };

  #listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.run();
    });
    document.addEventListener("keydown", this.pressed);
    this.state.stop.addEventListener("click", () => {
      if (!this.state.mayStop) return;
      this.state.show("stopping", "Stopping…");
      this.socket.stop();
    });
    this.querySelector("[data-reset]").addEventListener("click", () => {
      this.controls.reset();
      this.#edited();
    });
    this.timeline.addEventListener("lineshow", (event) => this.code.light(event.detail.line));
  }

  #edited() {
    const { isEdited } = this.controls;
    this.input.fit(this.code.value);
    this.querySelector("[data-edited]").hidden = !isEdited;
    this.querySelector("[data-reset]").hidden = this.code.value === this.code.original;
    sessionStorage.setItem(this.#draftName, JSON.stringify({ ...this.controls.draft, original: this.code.original }));
  }

  get #draftName() {
    return `draft ${this.dataset.lesson}`;
  }

  /** What was set and written in this tab before the page was loaded again; a shipped change to the lesson wins. */
  #restoreDraft() {
    const draft = JSON.parse(sessionStorage.getItem(this.#draftName));
    if (draft?.original === this.code.original) this.controls.restore(draft);
  }

  run() {
    if (this.state.isBusy || !this.state.mayRun) return;
    const wrong = this.controls.check();
    if (wrong.length) {
      wrong[0].focus();
      return;
    }
    const tooLong = this.#tooLong();
    this.#tellProblem(tooLong);
    if (tooLong) return;
    this.state.show("starting", "Starting…");
    this.#clear();
    this.#bringIntoView(this.querySelector(".stage"));
    const { values, variant, isEdited } = this.controls;
    const interpreter = this.querySelector("[data-interpreter]").value || null;
    const code = isEdited ? this.code.value : null;
    this.socket.start({ lesson: this.dataset.lesson, parameters: values, variant, code, interpreter });
  }

  #sendLine(line) {
    this.output.echo(line, "↵");
    this.socket.sendInput(`${line}\n`);
  }

  #endInput() {
    this.output.echo("", "end of input");
    this.socket.endInput();
  }

  #tooLong() {
    const size = new TextEncoder().encode(this.code.value).length;
    const most = Number(this.dataset.codeBytes);
    if (size <= most) return null;
    const message = `The program is ${Math.ceil(size / 1024)} kB long, and at most ${most / 1024} kB can be run.`;
    return { code: "too_large", message };
  }

  #bringIntoView(stage) {
    const { top } = stage.getBoundingClientRect();
    if (top < 0 || top > window.innerHeight * 0.6) {
      const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
      stage.scrollIntoView({ block: "start", behavior });
    }
  }

  #clear() {
    this.code.fail(null);
    this.timeline.begin();
    this.table.clear();
    this.output.clear("Nothing printed yet.");
    showFacts(this, null);
  }

  /** The run that this tab had here before the page was loaded again. */
  #watchLast() {
    const run = sessionStorage.getItem(`run ${this.dataset.lesson}`);
    if (!run) return;
    this.isWatchingLast = true;
    this.state.show("starting", "Fetching your last run…");
    this.#clear();
    this.socket.watch(run, 0);
  }

  // What the server says

  #follow() {
    const on = (type, act) => this.socket.addEventListener(type, (event) => act(event.detail));
    on("accepted", (message) => this.#accepted(message));
    on("queued", ({ position }) => this.state.show("queued", queuedWords(position)));
    on("started", () => this.state.show("running", "Running."));
    on("stopping", () => this.state.show("stopping", "Stopping…"));
    on("watching", ({ state }) => state === "running" && this.state.show("running", "Running."));
    on("events", ({ events }) => this.#take(events));
    on("end", (message) => this.#end(message));
    on("error", (message) => this.#refuse(message));
    on("inputerror", (message) => this.input.refuse(message));
    on("connection", ({ state }) => this.#connection(state));
  }

  #accepted({ run, wall_s: wall }) {
    this.state.wall = this.state.progress.max = wall;
    sessionStorage.setItem(`run ${this.dataset.lesson}`, run);
    this.state.show("queued", "Starting…");
  }

  #take(events) {
    const { model } = this.timeline;
    this.timeline.add(events);
    if (this.state.name === "running") this.state.lastsAtLeast(model.last / 1e6);
    this.table.add(events, model);
    this.output.add(events, (tid) => model.byTid.get(tid)?.label ?? "");
  }

  #end(message) {
    const { model } = this.timeline;
    const wall = model.ended?.wall_ms ?? model.last / 1000;
    const link = document.createElement("a");
    link.href = `${this.dataset.runs}${message.run}/`;
    link.textContent = "Kept as a run";
    this.timeline.finish();
    const leftOut = leftOutWords(model.leftOut);
    this.state.show("ended", endWords(message, wall / 1000), leftOut ? ` ${leftOut}. ` : " ", link);
    if (message.error) this.code.fail(message.error.line ?? null);
    if (!this.output.hasText) this.output.clear("The program printed nothing.");
    showFacts(this, model);
    this.isWatchingLast = false;
  }

  #refuse(message) {
    const field = message.field?.startsWith("parameters.") ? message.field.slice("parameters.".length) : null;
    const isForgotten = this.isWatchingLast && message.code === "not_found";
    this.isWatchingLast = false;
    this.#giveUp(isForgotten ? "Ready." : "Not started.");
    if (isForgotten) sessionStorage.removeItem(`run ${this.dataset.lesson}`);
    else if (!field || !this.controls.complain(field, message.message.replace(`${field} `, ""))) this.#tellProblem(message);
    else this.querySelector("[aria-invalid=true]").focus();
  }

  #giveUp(words) {
    this.state.show("idle", words);
    if (this.timeline.model.eventCount) this.timeline.finish();
    else this.timeline.reset();
    if (!this.output.hasText) this.output.clear(OUTPUT_HINT);
  }

  #tellProblem(message) {
    this.problem.hidden = message === null;
    if (!message) return;
    const sentences = [message.message, remedy(message.code)].filter(Boolean).map((text) => {
      const words = document.createElement("p");
      words.textContent = text;
      return words;
    });
    this.problem.replaceChildren(...sentences, ...this.#waysOut(message));
    this.problem.scrollIntoView({ block: "nearest" });
  }

  #waysOut({ code, run, act }) {
    if (code === "sign_in_needed") return [linkTo(this.dataset.signIn, "Sign in")];
    if (code === "one_run_at_a_time" && !run) return [linkTo(this.dataset.runs, "See your runs")];
    if (code === "one_run_at_a_time") return [press("Stop the other run", () => this.#stopOther(run))];
    return act ? [press("Try again", act)] : [];
  }

  #stopOther(run) {
    this.socket.stopOther(run);
    this.#tellProblem(null);
    this.state.show("idle", "The other run is being stopped. Press Run again.");
    this.state.run.focus();
  }

  #connection(state) {
    if (state === "lost") {
      this.state.words.textContent = "The connection was lost. Coming back…";
    } else if (state === "gone") {
      const message = "The server cannot be reached. What you see here is kept; the run itself may have been stopped.";
      this.#giveUp("Not connected.");
      this.#tellProblem({ message, act: () => this.#again() });
    }
  }

  #again() {
    this.#tellProblem(null);
    this.state.show("starting", "Connecting…");
    this.socket.retry();
  }
}

function linkTo(address, text) {
  const link = document.createElement("a");
  link.className = "button button-small";
  link.href = address;
  link.textContent = text;
  return link;
}

function press(text, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-small";
  button.textContent = text;
  button.addEventListener("click", act);
  return button;
}

customElements.define("run-workbench", RunWorkbench);
