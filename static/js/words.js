// Sentences about how a run goes and ends, and about what went wrong.

const seconds = (value) => `${value.toFixed(value < 10 ? 2 : 1)} s`;

export function ordinal(n) {
  const tail = n % 100 > 10 && n % 100 < 14 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${tail}`;
}

const HIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text in which signs that cannot be seen, or that turn the order of letters round, stand as Python writes them. */
export function showHidden(text) {
  return text.replace(HIDDEN, (sign) => {
    const code = sign.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
  });
}

/** "1 task", "1,200 tasks". */
export function plural(n, word) {
  return `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
}

const COUNTED = /^(?:(?:invalid )?events|bytes of std(?:out|err))$/;

function countOf(n, things) {
  const word = n === 1 ? things.replace(/events$|^bytes/, (many) => many.slice(0, -1)) : things;
  return `${n.toLocaleString("en")} ${word}`;
}

/** One reason's share of what was left out: "4,096 bytes of stdout", "1 event: the tracer failed". */
export function countOut({ n, reason }) {
  return COUNTED.test(reason) ? countOf(n, reason) : `${countOf(n, "events")}: ${reason}`;
}

/** Numbers by reason, as the model has them: "12,345 bytes of stdout and 10 events left out"; "" for none. */
export function leftOutWords(numbers) {
  const sums = new Map();
  for (const [reason, n] of numbers) {
    const things = COUNTED.test(reason) ? reason : "events";
    sums.set(things, (sums.get(things) ?? 0) + n);
  }
  const parts = [...sums].sort().map(([things, n]) => countOf(n, things));
  const last = parts.pop();
  return last ? `${parts.length ? `${parts.join(", ")} and ` : ""}${last} left out` : "";
}

export function queuedWords(position) {
  return position <= 1 ? "Next in line for a free place…" : `${ordinal(position)} in line for a free place…`;
}

const ENDINGS = {
  finished: () => "Finished",
  failed: failedWords,
  wall_limit: () => "Stopped at the time limit",
  cpu_limit: () => "Stopped at the limit of processor time",
  memory_limit: () => "Stopped at the memory limit",
  process_limit: () => "Stopped at the limit of processes and threads",
  disk_limit: () => "Stopped at the limit of disk space",
  output_limit: () => "Stopped for printing too much",
  event_limit: () => "Stopped at the limit of recorded events",
  stopped: () => "Stopped by you",
  abandoned: () => "Stopped",
  runner_lost: () => "Cut off",
  refused: () => "Not started",
};

const REASONS = {
  abandoned: " Nobody was watching any more.",
  runner_lost: " The process that runs programs was lost; press Run to try again.",
};

function failedWords({ error, exit }) {
  // A signal ended it; the message says which.
  if (error?.type === "Killed") return error.msg.replace(/^k/, "K");
  if (error) return `Ended with ${error.type}${error.line ? ` at line ${error.line}` : ""}`;
  return exit ? `Ended with exit code ${exit}` : "Ended with an error";
}

/** `end` = {reason, error, exit}, `length` in seconds or null. */
export function endWords(end, length = null) {
  const words = ENDINGS[end.reason]?.(end) ?? `Ended: ${end.reason}`;
  const sentence = length === null ? `${words}.` : `${words} after ${seconds(length)}.`;
  return sentence + (REASONS[end.reason] ?? "");
}

const REMEDIES = {
  busy: "Wait a moment, then press Run again.",
  sandbox_unavailable: "The Status page says what is missing. Nothing was run.",
  sign_in_needed: "Sign in, then run it again. Your edits stay in this browser tab only.",
  too_large: "Shorten the program and run it again.",
  not_found: "Reload the page. Earlier runs are under Runs.",
};

/** What to do about an error that the server named. */
export function remedy(code) {
  return REMEDIES[code] ?? "";
}
