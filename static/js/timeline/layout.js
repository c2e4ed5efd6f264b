// Where everything is, in CSS pixels. Pure: the same model, size and scroll position give the same places.

const AXIS = 26;
const LOOP = 26;
const RESOURCE = 44;
const FOOT = 10;
/** [up to this many lanes, height of each]. */
const ROWS = [
  [16, 30],
  [40, 24],
  [200, 18],
  [Infinity, 6],
];
const LEAST_HEIGHT = 236;
const WORDS_FROM = 24;
const LABELS_FROM = 14;

export function rowHeight(lanes) {
  return ROWS.find(([most]) => lanes <= most)[1];
}

export class Layout {
  constructor({ lanes = 0, resources = 0, width = 600, most = 520 }) {
    this.width = width;
    this.lanes = lanes;
    this.gutter = Math.round(Math.min(172, Math.max(96, width * 0.22)));
    this.indent = width < 480 ? 8 : 12;
    this.plotWidth = Math.max(40, width - this.gutter - 12);
    this.axis = AXIS;
    this.loopTop = AXIS;
    this.loopHeight = LOOP;
    this.resourceTop = AXIS + LOOP;
    this.resourceHeight = RESOURCE;
    this.head = AXIS + LOOP + resources * RESOURCE + 6;
    this.row = rowHeight(lanes);
    this.hasWords = this.row >= WORDS_FROM;
    this.hasLabels = this.row >= LABELS_FROM;
    this.content = this.head + lanes * this.row + FOOT;
    this.height = Math.max(LEAST_HEIGHT, Math.min(this.content, most));
  }

  laneTop(index, scrollTop) {
    return this.head + index * this.row - scrollTop;
  }

  /** First and last lane that show, both included. */
  visible(scrollTop) {
    const first = Math.max(0, Math.floor(scrollTop / this.row));
    const last = Math.min(this.lanes - 1, Math.floor((scrollTop + this.height - this.head) / this.row));
    return [first, last];
  }

  laneAt(y, scrollTop) {
    if (y < this.head) return -1;
    const index = Math.floor((y - this.head + scrollTop) / this.row);
    return index < this.lanes ? index : -1;
  }

  /** The scroll position nearest to the present one that shows this lane whole. */
  scrollTo(index, scrollTop) {
    const top = index * this.row;
    const room = this.height - this.head - FOOT;
    return Math.min(top, Math.max(scrollTop, top + this.row - room));
  }
}
