// What every page has: the theme switch and the list of keys.

import { keyName, listKeys, listenForKeys } from "./keys.js";
import { recall, remember } from "./store.js";

function setUpTheme(fieldset) {
  const theme = recall("theme", "system");
  for (const radio of fieldset.elements) radio.checked = radio.value === theme;
  fieldset.addEventListener("change", (event) => {
    const { value } = event.target;
    remember("theme", value);
    if (value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
    document.dispatchEvent(new CustomEvent("themechange"));
  });
}

function fillKeyList(list) {
  const rows = listKeys(document).map(({ label, keys }) => {
    const row = document.createElement("div");
    const description = document.createElement("dd");
    const names = document.createElement("dt");
    description.textContent = label;
    for (const key of keys) {
      const name = document.createElement("kbd");
      name.textContent = keyName(key);
      names.append(name);
    }
    row.append(names, description);
    return row;
  });
  list.replaceChildren(...rows);
}

function setUpKeys(dialog) {
  const single = dialog.querySelector("[data-single-keys]");
  single.checked = recall("single-keys", "on") === "on";
  single.addEventListener("change", () => remember("single-keys", single.checked ? "on" : "off"));
  document.querySelector("[data-key='?']").addEventListener("click", () => {
    fillKeyList(dialog.querySelector("[data-key-list]"));
    dialog.showModal();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  });
  listenForKeys(document, () => single.checked, window.takeFirstKeys());
}

setUpTheme(document.querySelector("[data-theme-switch]"));
setUpKeys(document.getElementById("keys"));
