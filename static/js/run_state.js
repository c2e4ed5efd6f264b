// The bar over the workbench: Run or Stop, how the run stands, how long it may still go on.

export class RunState {
  #timer = 0;

  /** `changed(name)` is called after every change of state. */
  constructor(root, { wall, changed }) {
    this.run = root.querySelector("[data-run]");
    this.stop = root.querySelector("[data-stop]");
    this.words = root.querySelector("[data-state]");
    this.progress = root.querySelector("[data-elapsed]");
    this.clock = root.querySelector("[data-clock]");
    this.wall = wall;
    this.changed = changed;
    this.mayRun = !this.run.disabled;
    this.name = "idle";
  }

  get isBusy() {
    return this.name === "starting" || this.name === "queued" || this.name === "running" || this.name === "stopping";
  }

  get mayStop() {
    return this.name === "queued" || this.name === "running";
  }

  /** The run is known to have gone on for this long, though it was joined later. */
  lastsAtLeast(seconds) {
    this.began = Math.min(this.began ?? Infinity, performance.now() - seconds * 1000);
  }

  /** `name` = idle, starting, queued, running, stopping or ended. */
  show(name, ...words) {
    const hadFocus = document.activeElement === this.run || document.activeElement === this.stop;
    this.name = name;
    this.words.replaceChildren(...words);
    this.run.hidden = this.isBusy;
    this.run.disabled = !this.mayRun;
    this.stop.hidden = !this.isBusy;
    // Not disabled: a disabled button would drop the focus.
    this.stop.setAttribute("aria-disabled", String(!this.mayStop));
    if (hadFocus) (this.isBusy ? this.stop : this.run).focus({ preventScroll: true });
    if (name === "running") this.#startClock();
    else if (name !== "stopping") this.#stopClock();
    this.changed(name);
  }

  #startClock() {
    if (this.#timer) return;
    this.lastsAtLeast(0);
    this.progress.hidden = this.clock.hidden = false;
    const tick = () => {
      const passed = Math.min((performance.now() - this.began) / 1000, this.wall);
      this.progress.value = passed;
      this.clock.textContent = `${passed.toFixed(1)} s of at most ${this.wall} s`;
    };
    tick();
    this.#timer = setInterval(tick, 100);
  }

  #stopClock() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.began = null;
    this.progress.hidden = this.clock.hidden = true;
  }
}
