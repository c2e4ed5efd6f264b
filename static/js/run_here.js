// A card's "Run this": the workbench comes when it is asked for, and its link stays a link where that fails.

document.addEventListener("htmx:beforeRequest", () => import("./workbench.js"), { once: true });

for (const failure of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(failure, ({ detail }) => {
    if (detail.elt.href) window.location.assign(detail.elt.href);
  });
}
