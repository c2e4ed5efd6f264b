// Keyboard shortcuts. An element declares its own: data-key="n ArrowRight" data-key-label="Next card".

const TYPING = "input:not([type=radio], [type=checkbox], [type=range]), select, textarea, [contenteditable]";
const PRESSABLE = "a[href], button, summary, input, select, textarea, [tabindex='0']";
const NAMES = { " ": "Space", Escape: "Esc", ArrowRight: "→", ArrowLeft: "←", ArrowUp: "↑", ArrowDown: "↓" };

/** The word written on a key, for a KeyboardEvent.key as declared in data-key. */
export function keyName(key) {
  return NAMES[key] ?? key;
}

/** The keys an element declares; "Space" stands for the blank, which separates the list. */
export function declaredKeys(declaration) {
  return declaration.split(" ").map((key) => (key === "Space" ? " " : key));
}

/** May this key be taken as a shortcut, with the focus on that element? */
export function isFree(event, focused) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
  if (focused?.closest(TYPING)) return false;
  const moves = event.key === " " || event.key === "Enter" || event.key.startsWith("Arrow");
  return !(moves && focused?.closest(PRESSABLE));
}

/** `first` are the events of keys that were pressed before anybody listened. */
export function listenForKeys(root, isOn, first = []) {
  const press = (event) => {
    if (!isOn() || !isFree(event, root.activeElement) || root.querySelector("dialog[open]")) return;
    const target = [...root.querySelectorAll("[data-key]")].find(
      (element) => declaredKeys(element.dataset.key).includes(event.key) && element.checkVisibility(),
    );
    if (!target) return;
    event.preventDefault();
    target.click();
  };
  first.forEach(press);
  root.addEventListener("keydown", press);
}

/** What the page offers now, as [{keys, label}], each label once. */
export function listKeys(root) {
  const byLabel = new Map();
  for (const element of root.querySelectorAll("[data-key-label]")) {
    const keys = declaredKeys(element.dataset.key ?? element.dataset.keyShown);
    if (element.checkVisibility()) byLabel.set(element.dataset.keyLabel, keys);
  }
  return [...byLabel].map(([label, keys]) => ({ label, keys }));
}
