// The controls of a lesson: sliders, numbers, choices and variants, in step with the lines of the program.

import { checkNumber, literal, readParameter, writeParameter } from "./parameters.js";

export class Controls {
  /** `code` is the <code-area>; `changed()` is called after every change by the learner. */
  constructor(root, code, changed) {
    this.code = code;
    this.fields = [...root.querySelectorAll("[data-parameter]")];
    this.variants = [...root.querySelectorAll("[data-variant]")];
    this.defaults = new Map(this.fields.map((field) => [field.name, field.value]));
    for (const field of this.fields) this.#connect(field, changed);
    for (const button of this.variants) {
      button.addEventListener("click", () => {
        this.choose(button.getAttribute("aria-pressed") === "true" ? null : button);
        changed();
      });
    }
    code.textarea.addEventListener("input", () => {
      this.#readProgram();
      changed();
    });
  }

  #connect(field, changed) {
    const slider = sliderOf(field);
    slider?.addEventListener("input", () => {
      field.value = field.dataset.parameter === "int" ? slider.value : String(Number(Number(slider.value).toPrecision(2)));
      this.#edited(field, changed);
    });
    field.addEventListener("input", () => this.#edited(field, changed));
  }

  #edited(field, changed) {
    if (sliderOf(field)) sliderOf(field).value = field.value;
    this.press(null);
    this.complain(field.name, problemOf(field));
    this.#writeProgram([field]);
    changed();
  }

  /** Sets every field to a variant's values, or to the defaults with null. */
  choose(button) {
    const values = new URLSearchParams(button?.dataset.values ?? "");
    for (const field of this.fields) {
      field.value = values.get(field.name) ?? this.defaults.get(field.name);
      if (sliderOf(field)) sliderOf(field).value = field.value;
      this.complain(field.name, "");
    }
    this.press(button);
    this.#writeProgram(this.fields);
  }

  press(pressed) {
    for (const button of this.variants) button.setAttribute("aria-pressed", String(button === pressed));
  }

  get variant() {
    return this.variants.find((button) => button.getAttribute("aria-pressed") === "true")?.dataset.variant ?? null;
  }

  /** The values as the server wants them; what is no number goes as typed, for the server to refuse by name. */
  get values() {
    return Object.fromEntries(
      this.fields.map((field) => {
        const number = Number(field.value);
        const isNumber = field.dataset.parameter !== "choice" && field.value.trim() !== "" && Number.isFinite(number);
        return [field.name, isNumber ? number : field.value];
      }),
    );
  }

  /** All that the learner has set and written, to be put back with `restore`. */
  get draft() {
    const fields = Object.fromEntries(this.fields.map((field) => [field.name, field.value]));
    return { code: this.code.value, fields, variant: this.variant };
  }

  restore({ code, fields, variant }) {
    for (const field of this.fields) {
      field.value = fields[field.name] ?? field.value;
      if (sliderOf(field)) sliderOf(field).value = field.value;
      this.complain(field.name, problemOf(field));
    }
    this.code.value = code;
    this.press(this.variants.find((button) => button.dataset.variant === variant));
  }

  /** Fields whose value cannot be right, each told beside itself. */
  check() {
    const wrong = this.fields.filter((field) => problemOf(field));
    for (const field of wrong) this.complain(field.name, problemOf(field));
    return wrong;
  }

  /** Shows a problem beside a field; "" takes it away. False when there is no such field. */
  complain(name, message) {
    const field = this.fields.find((each) => each.name === name);
    if (!field) return false;
    const place = field.closest("[data-field]").querySelector("[data-error]");
    place.textContent = message ? `${name} ${message}` : "";
    place.hidden = !message;
    if (message) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
    return true;
  }

  /** Whether the program differs from the lesson's in more than its parameters. */
  get isEdited() {
    return this.code.value !== this.#written(this.code.original, this.fields);
  }

  reset() {
    this.code.value = this.code.original;
    this.choose(null);
  }

  #writeProgram(fields) {
    this.code.value = this.#written(this.code.value, fields);
  }

  #written(program, fields) {
    return fields
      .filter((field) => !problemOf(field))
      .reduce((text, field) => writeParameter(text, field.name, literal(field.dataset.parameter, field.value.trim())), program);
  }

  #readProgram() {
    for (const field of this.fields) {
      const value = readParameter(this.code.value, field.name);
      if (value === undefined || value === field.value.trim()) continue;
      field.value = value;
      if (sliderOf(field)) sliderOf(field).value = value;
      this.press(null);
      this.complain(field.name, problemOf(field));
    }
  }
}

function sliderOf(field) {
  return field.closest("[data-field]").querySelector("[data-slider]");
}

function problemOf(field) {
  const { parameter, minimum, maximum } = field.dataset;
  if (parameter === "choice") return field.selectedIndex < 0 ? "must be one of the choices" : "";
  return checkNumber(field.value, { kind: parameter, minimum: Number(minimum), maximum: Number(maximum) });
}
