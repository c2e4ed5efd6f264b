// Pointer, wheel and keys over the picture, told as what they mean.

const WHEEL = 1.0016;
const STEP = 60;
const CLICK_PX = 4;

/** `act` = {point(x, y), leave(), click(x, y), scrub(x), zoom(factor, x), pan(pixels)}; `isHead(y)`: above the lanes. */
export function followPointer(element, act, isHead) {
  const held = new Map();
  let moved = 0;

  const place = (event) => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left - element.clientLeft, event.clientY - box.top - element.clientTop];
  };

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const [x, y] = place(event);
    held.set(event.pointerId, { x, scrubs: isHead(y) });
    moved = 0;
    if (isHead(y)) act.scrub(x);
  });

  element.addEventListener("pointermove", (event) => {
    const [x, y] = place(event);
    const hold = held.get(event.pointerId);
    if (!hold) {
      act.point(x, y);
      return;
    }
    if (moved === 0) element.setPointerCapture(event.pointerId);
    const others = [...held].filter(([id]) => id !== event.pointerId);
    if (others.length) pinch(act, hold.x, x, others[0][1].x);
    else if (hold.scrubs) act.scrub(x);
    else act.pan(hold.x - x);
    moved += Math.abs(x - hold.x);
    hold.x = x;
  });

  element.addEventListener("pointerup", (event) => {
    const [x, y] = place(event);
    if (held.delete(event.pointerId) && moved < CLICK_PX && !isHead(y)) act.click(x, y);
  });
  element.addEventListener("pointercancel", (event) => held.delete(event.pointerId));
  element.addEventListener("pointerleave", () => act.leave());
  followWheel(element, act, place);
}

function pinch(act, before, after, other) {
  const [from, to] = [Math.abs(before - other), Math.abs(after - other)];
  if (from > 8 && to > 8) act.zoom(from / to, (after + other) / 2);
}

/** A plain wheel scrolls, as everywhere on the page; with Ctrl it zooms, sideways it pans. */
function followWheel(element, act, place) {
  element.addEventListener(
    "wheel",
    (event) => {
      const [x] = place(event);
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (event.ctrlKey || event.metaKey) act.zoom(WHEEL ** event.deltaY, x);
      else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) act.pan(sideways);
      else return;
      event.preventDefault();
    },
    { passive: false },
  );
}

/** `act` = {zoom(factor), pan(pixels), home(), end(), fit(), select(change), toggle(), moment(change), clear()}. */
export function followKeys(element, act) {
  const meanings = {
    "+": () => act.zoom(1 / 1.4),
    "=": () => act.zoom(1 / 1.4),
    "-": () => act.zoom(1.4),
    ArrowLeft: () => act.pan(-STEP),
    ArrowRight: () => act.pan(STEP),
    ArrowUp: () => act.select(-1),
    ArrowDown: () => act.select(1),
    Home: () => act.home(),
    End: () => act.end(),
    0: () => act.fit(),
    " ": () => act.toggle(),
    ",": () => act.moment(-1),
    ".": () => act.moment(1),
    Escape: () => act.clear(),
  };
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const meaning = meanings[event.key];
    if (!meaning) return;
    event.preventDefault();
    event.stopPropagation();
    meaning();
  });
}
