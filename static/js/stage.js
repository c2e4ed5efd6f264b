// What a live run and a stored one share: the switch between picture and table, and the line of facts.

import { formatLength } from "./timeline/scale.js";
import { leftOutWords, plural } from "./words.js";

export function switchViews(root) {
  const buttons = [...root.querySelectorAll("[data-view]")];
  const [timeline, table] = [root.querySelector("run-timeline"), root.querySelector("event-table")];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
      timeline.hidden = button.dataset.view !== "timeline";
      table.isShown = button.dataset.view === "table";
    });
  }
}

export function showFacts(root, model) {
  const place = root.querySelector("[data-facts]");
  if (!model?.eventCount) {
    place.textContent = "";
    return;
  }
  const parts = [plural(model.rows().length, "task"), plural(model.eventCount, "event"), formatLength(model.last)];
  if (model.leftOut.size) parts.push(leftOutWords(model.leftOut));
  if (model.facts) parts.unshift(`Python ${model.facts.python}`);
  place.textContent = parts.join(" · ");
}
