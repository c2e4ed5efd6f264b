// What this browser remembers. Reading and writing may be refused (private windows, policies).

export function recall(name, fallback) {
  try {
    return localStorage.getItem(name) ?? fallback;
  } catch {
    return fallback;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // The choice holds for this page, then.
  }
}
