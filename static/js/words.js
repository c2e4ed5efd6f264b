// Sentences about how a run goes and ends, and about what went wrong.

const seconds = (value) => `${value.toFixed(value < 10 ? 2 : 1)} s`;

export function ordinal(n) {
  const tail = n % 100 > 10 && n % 100 < 14 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${tail}`;
}

export function queuedWords(position) {
  return position <= 1 ? "Next in line for a free place…" : `${ordinal(position)} in line for a free place…`;
}

const ENDINGS = {
  finished: () => "Finished",
  failed: (error) => (error ? `Ended with ${error.type}${error.line ? ` at line ${error.line}` : ""}` : "Ended with an error"),
  wall_limit: () => "Stopped at the time limit",
  cpu_limit: () => "Stopped at the limit of processor time",
  memory_limit: () => "Stopped at the memory limit",
  process_limit: () => "Stopped at the limit of processes and threads",
  disk_limit: () => "Stopped at the limit of disk space",
  output_limit: () => "Stopped for printing too much",
  event_limit: () => "Stopped at the limit of recorded events",
  stopped: () => "Stopped by you",
  abandoned: () => "Stopped, since nobody was watching any more",
  runner_lost: () => "Cut off: the process that runs programs was lost. Press Run to try again",
  refused: () => "Not started",
};

/** `end` = {reason, error}, `length` in seconds or null. */
export function endWords({ reason, error }, length = null) {
  const words = ENDINGS[reason]?.(error) ?? `Ended: ${reason}`;
  return length === null ? `${words}.` : `${words} after ${seconds(length)}.`;
}

const REMEDIES = {
  busy: "Wait a moment, then press Run again.",
  sandbox_unavailable: "The Status page says what is missing. Nothing was run.",
  sign_in_needed: "Sign in, then run it again. Your edits stay in this browser tab only.",
  one_run_at_a_time: "Stop it, or wait until it ends.",
  too_large: "Shorten the program and run it again.",
  not_found: "Reload the page. Earlier runs are under Runs.",
};

/** What to do about an error that the server named. */
export function remedy(code) {
  return REMEDIES[code] ?? "";
}
