// The colours and patterns of the drawing, read from the page's tokens, so that a theme has one home.

const COLOURS = {
  paper: "--paper-raised",
  sunken: "--paper-sunken",
  pressed: "--paper-pressed",
  line: "--line",
  lineStrong: "--line-strong",
  ink: "--ink",
  inkSoft: "--ink-soft",
  inkFaint: "--ink-faint",
  accent: "--accent",
  wash: "--accent-wash",
  ready: "--state-ready",
  running: "--state-running",
  waiting: "--state-waiting",
  done: "--state-done",
  failed: "--state-failed",
  cancelled: "--state-cancelled",
};

export class Palette {
  constructor(element) {
    const probe = document.createElement("i");
    probe.hidden = true;
    element.append(probe);
    for (const [name, token] of Object.entries(COLOURS)) {
      // As a colour, not as a token's text, which a canvas could not read.
      probe.style.color = `var(${token})`;
      this[name] = getComputedStyle(probe).color;
    }
    this.font = getComputedStyle(element).fontFamily;
    probe.remove();
    this.queued = hatch(this.waiting, this.lineStrong);
    this.readyStripes = hatch(this.ready, this.paper);
  }
}

/** A 45° hatch: told from a plain bar without seeing its colour. */
function hatch(ground, stroke) {
  const ratio = window.devicePixelRatio || 1;
  const size = Math.round(6 * ratio);
  const tile = document.createElement("canvas");
  tile.width = size;
  tile.height = size;
  const context = tile.getContext("2d");
  context.fillStyle = ground;
  context.fillRect(0, 0, size, size);
  context.strokeStyle = stroke;
  context.globalAlpha = 0.55;
  context.lineWidth = 1.2 * ratio;
  context.beginPath();
  for (const shift of [-size, 0, size]) {
    context.moveTo(shift, size);
    context.lineTo(shift + size, 0);
  }
  context.stroke();
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}
