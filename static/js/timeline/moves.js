// What pointer, keys and buttons mean to a timeline.

const BUTTON_ZOOM = 1.6;

export function pointerActs(timeline) {
  return {
    point: (x, y) => timeline.point(x, y),
    leave: () => timeline.leave(),
    click: (x, y) => {
      timeline.select(timeline.hit(x, y)?.lane ?? null);
      timeline.point(x, y);
    },
    scrub: (x) => timeline.seek(timeline.scale.time(Math.max(x, timeline.layout.gutter))),
    zoom: (factor, x) => timeline.move((scale, whole) => scale.zoom(factor, x, whole)),
    pan: (pixels) => timeline.move((scale, whole) => scale.pan(pixels, whole)),
  };
}

export function keyActs(timeline) {
  return {
    zoom: (factor) => zoomMiddle(timeline, factor),
    pan: (pixels) => timeline.move((scale, whole) => scale.pan(pixels, whole)),
    home: () => timeline.move((scale, whole) => scale.pan(-Infinity, whole)),
    end: () => timeline.move((scale, whole) => scale.pan(Infinity, whole)),
    fit: () => timeline.fit(),
    select: (change) => timeline.step(change),
    toggle: () => timeline.toggle(),
    moment: (change) => timeline.moment(change),
    clear: () => timeline.select(null),
  };
}

export function buttonActs(timeline) {
  return {
    in: () => zoomMiddle(timeline, 1 / BUTTON_ZOOM),
    out: () => zoomMiddle(timeline, BUTTON_ZOOM),
    fit: () => timeline.fit(),
    before: () => timeline.moment(-1),
    after: () => timeline.moment(1),
  };
}

function zoomMiddle(timeline, factor) {
  timeline.move((scale, whole) => scale.zoom(factor, scale.left + scale.width / 2, whole));
}
