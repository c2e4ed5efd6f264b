// The page's end of /ws/runs/. Follows one run, comes back after a lost connection and goes on where it was.
//
// Says: accepted, watching, queued, started, stopping, events (each event once, in order), end, error
// with the server's message ("inputerror" if it is about input, which does not end the run), and "connection"
// with {state: "open" | "lost" | "gone"}.

const DELAYS = [250, 500, 1000, 2000, 4000];
const MOST_TRIES = 12;
const OPEN = 1;
const INPUT = "input ";

export function retryDelay(tries, random) {
  const delay = DELAYS[Math.min(tries, DELAYS.length - 1)];
  return Math.round(delay * (0.8 + 0.4 * random));
}

export class RunSocket extends EventTarget {
  #socket = null;
  #tries = 0;
  #waiting = [];
  #pending = null;
  #isCatchingUp = false;
  #wasLost = false;
  #refs = 0;

  /** `connect(url)` makes a WebSocket, `later(function, ms)` calls back, `random()` spreads the retries. */
  constructor({ url, connect, later, random } = {}) {
    super();
    this.url = url;
    this.connect = connect ?? ((address) => new WebSocket(address));
    this.later = later ?? ((act, ms) => setTimeout(act, ms));
    this.random = random ?? Math.random;
    this.run = null;
    this.last = 0;
    this.isOver = true;
  }

  /** `wish` = {lesson, parameters, variant?, code?, interpreter?}. */
  start(wish) {
    this.#begin(null, 0);
    this.#refs += 1;
    this.#pending = { type: "start", ref: String(this.#refs), ...wish };
    this.#send(this.#pending);
  }

  watch(run, after = 0) {
    this.#begin(run, after);
    this.#send({ type: "watch", run, after });
  }

  stop() {
    if (this.run) this.#send({ type: "stop", run: this.run });
  }

  /** Text for the program to read. Once sent it is never sent again, even if it may not have arrived. */
  sendInput(text) {
    this.#sendOfInput({ type: "input", run: this.run, text });
  }

  endInput() {
    this.#sendOfInput({ type: "input_end", run: this.run });
  }

  stopOther(run) {
    this.#send({ type: "stop", run });
  }

  /** Tries again after the connection was given up. */
  retry() {
    this.#tries = 0;
    this.#open();
  }

  close() {
    this.isOver = true;
    this.#pending = null;
    this.#socket?.close();
    this.#socket = null;
  }

  #begin(run, after) {
    this.run = run;
    this.last = after;
    this.isOver = false;
    this.#isCatchingUp = false;
    this.#pending = null;
    this.#waiting = [];
  }

  #sendOfInput(message) {
    if (!this.run || this.isOver) return;
    this.#refs += 1;
    this.#send({ ref: `${INPUT}${this.#refs}`, ...message });
  }

  #send(message) {
    if (this.#socket?.readyState === OPEN) this.#socket.send(JSON.stringify(message));
    else {
      this.#waiting.push(message);
      if (!this.#socket) this.#open();
    }
  }

  #open() {
    const socket = this.connect(this.url);
    this.#socket = socket;
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    socket.onclose = () => this.#lost(socket);
  }

  #opened(socket) {
    this.#tries = 0;
    this.#say("connection", { state: "open" });
    // A start that was never answered may have been heard or not; the server allows one run at a time, so asking again is safe.
    const first = this.#wasLost ? this.#resume() : [];
    this.#wasLost = false;
    for (const message of [...first, ...this.#waiting]) socket.send(JSON.stringify(message));
    this.#waiting = [];
  }

  #resume() {
    if (this.isOver) return [];
    if (this.run) {
      this.#waiting = this.#waiting.filter(({ type }) => type !== "watch");
      return [{ type: "watch", run: this.run, after: this.last }];
    }
    this.#waiting = [];
    return this.#pending ? [this.#pending] : [];
  }

  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#wasLost = true;
    this.#isCatchingUp = false;
    if (this.isOver && !this.#waiting.length) return;
    if (this.#tries >= MOST_TRIES) {
      this.#say("connection", { state: "gone" });
      return;
    }
    this.#say("connection", { state: "lost" });
    const delay = retryDelay(this.#tries, this.random());
    this.#tries += 1;
    this.later(() => this.#socket ?? this.#open(), delay);
  }

  #take(message) {
    if (message.type === "accepted") {
      if (message.ref !== this.#pending?.ref) return;
      this.run = message.run;
      this.#pending = null;
    } else if (message.type === "error") {
      this.#refuse(message);
      return;
    } else if (message.run !== this.run) {
      return;
    }
    if (message.type === "watching") this.#isCatchingUp = false;
    if (message.type === "events") this.#takeEvents(message);
    else {
      if (message.type === "end") this.isOver = true;
      this.#say(message.type, message);
    }
  }

  #takeEvents(message) {
    const fresh = message.events.filter((event) => event.q > this.last);
    if (!fresh.length) return;
    if (fresh[0].q > this.last + 1) {
      if (!this.#isCatchingUp) this.#send({ type: "watch", run: this.run, after: this.last });
      this.#isCatchingUp = true;
      return;
    }
    this.last = fresh[fresh.length - 1].q;
    this.#say("events", { run: message.run, events: fresh });
  }

  #refuse(message) {
    if (message.ref?.startsWith(INPUT)) {
      this.#say("inputerror", message);
      return;
    }
    const isOurStart = this.#pending !== null && message.ref === this.#pending.ref;
    if (isOurStart || (message.run ?? this.run) === this.run) this.isOver = true;
    this.#say("error", message);
  }

  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
