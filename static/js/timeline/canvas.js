// A canvas that knows its size and pixel ratio and is drawn at most once a frame.

export class Surface {
  #frame = 0;
  #draw;

  constructor(canvas, draw) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.width = 0;
    this.height = 0;
    this.#draw = draw;
  }

  /** In CSS pixels. */
  resize(width, height) {
    const ratio = window.devicePixelRatio || 1;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    this.width = width;
    this.height = height;
    if (this.canvas.width !== across || this.canvas.height !== down) {
      this.canvas.width = across;
      this.canvas.height = down;
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    this.request();
  }

  request() {
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      const ratio = window.devicePixelRatio || 1;
      this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
      this.#draw(this.context, now);
    });
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }
}
