// The line below the output: what a learner types there, the program reads.

// A call, or the function handed on: asyncio.to_thread(input, "Name? ").
const READS = /\binput\s*[(),]|\bstdin\b/;
const HELP = {
  idle: "Takes lines while the program runs.",
  open: "Enter sends the line. Ctrl+D or End of input tells the program that no more will come.",
  ended: "The input has ended: the program reads what was sent, then its end.",
};

export class ProgramInput {
  #isLive = false;
  #hasEnded = false;

  /** `send(text)` and `end()` pass on what is typed; `leave()` takes the focus when the line closes under it. */
  constructor(root, { send, end, leave }) {
    this.box = root.querySelector("[data-input]");
    this.line = root.querySelector("[data-input-line]");
    this.buttons = [...root.querySelectorAll("[data-input-send], [data-input-end]")];
    this.help = root.querySelector("[data-input-help]");
    this.problem = root.querySelector("[data-input-problem]");
    this.leave = leave;
    root.querySelector("#input-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(send);
    });
    root.querySelector("[data-input-end]").addEventListener("click", () => this.#end(end));
    this.line.addEventListener("keydown", (event) => {
      if (event.key !== "d" || !event.ctrlKey) return;
      event.preventDefault();
      this.#end(end);
    });
  }

  /** Stands open for a program that reads input; for any other it is one click away. */
  fit(program) {
    const reads = READS.test(program);
    if (reads !== this.reads) this.box.open = reads;
    this.reads = reads;
  }

  /** `name` is the run's state, as RunState has it. */
  follow(name) {
    if (name === "starting") {
      this.#hasEnded = false;
      this.complain("");
    }
    this.#isLive = name === "queued" || name === "running";
    this.#show();
  }

  complain(words) {
    this.problem.textContent = words;
    this.problem.hidden = !words;
  }

  /** The server did not take the last line, or takes no more. */
  refuse({ code, message }) {
    if (code === "input_ended") this.#hasEnded = true;
    this.complain(`${message} The last line was not sent.`);
    this.#show();
  }

  get #isOpen() {
    return this.#isLive && !this.#hasEnded;
  }

  #send(send) {
    if (!this.#isOpen) return;
    const text = this.line.value;
    this.line.value = "";
    this.complain("");
    send(text);
  }

  #end(end) {
    if (!this.#isOpen) return;
    this.#hasEnded = true;
    this.#show();
    end();
  }

  #show() {
    const hadFocus = [this.line, ...this.buttons].includes(document.activeElement);
    for (const each of [this.line, ...this.buttons]) each.disabled = !this.#isOpen;
    if (hadFocus && !this.#isOpen) this.leave();
    this.help.textContent = HELP[this.#isOpen ? "open" : this.#isLive ? "ended" : "idle"];
  }
}
