// The small signs on a lane. Each has a shape of its own, so that colour is never the only telling.

export function dot(context, x, y, radius, colour) {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

export function diamond(context, x, y, size, colour) {
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y + size);
  context.lineTo(x - size, y);
  context.fill();
}

function stroke(context, colour, path) {
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.lineCap = "round";
  context.lineJoin = "round";
  context.beginPath();
  path(context);
  context.stroke();
}

function tick(context, x, y, size, colour) {
  stroke(context, colour, (path) => {
    path.moveTo(x - size, y);
    path.lineTo(x - size * 0.25, y + size * 0.75);
    path.lineTo(x + size, y - size * 0.75);
  });
}

function cross(context, x, y, size, colour) {
  stroke(context, colour, (path) => {
    path.moveTo(x - size, y - size);
    path.lineTo(x + size, y + size);
    path.moveTo(x + size, y - size);
    path.lineTo(x - size, y + size);
  });
}

function barred(context, x, y, size, colour) {
  const radius = size * 1.15;
  stroke(context, colour, (path) => {
    path.arc(x, y, radius, 0, 2 * Math.PI);
    path.moveTo(x - radius * 0.7, y + radius * 0.7);
    path.lineTo(x + radius * 0.7, y - radius * 0.7);
  });
}

const ENDS = { done: tick, failed: cross, cancelled: barred };

export function endMark(context, outcome, x, y, size, palette) {
  ENDS[outcome]?.(context, x, y, size, palette[outcome]);
}
