// A lesson's parameters stand as `NAME = literal` lines in its program. Controls and program say the same.

function lineOf(name) {
  return new RegExp(`^(${name}[ \\t]*=[ \\t]*)([^#\\n]*?)(?=[ \\t]*(?:#.*)?$)`, "m");
}

/** The Python literal of a value: numbers as typed, text in quotes. */
export function literal(kind, value) {
  return kind === "choice" ? JSON.stringify(value) : value;
}

/** The program with this literal on the parameter's line; unchanged where it stands already or no plain literal does. */
export function writeParameter(program, name, text) {
  const found = program.match(lineOf(name));
  if (!found || [undefined, plainValue(text)].includes(plainValue(found[2]))) return program;
  return program.replace(lineOf(name), (_, head) => head + text);
}

/** What the program says on the parameter's line, as text; undefined when the line is gone or computes something. */
export function readParameter(program, name) {
  const found = program.match(lineOf(name));
  return found ? plainValue(found[2]) : undefined;
}

function plainValue(text) {
  if (/^[+-]?(\d[\d_]*\.?[\d_]*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return text.replaceAll("_", "");
  const quoted = text.match(/^(?:"([^"\\]*)"|'([^'\\]*)')$/);
  return quoted ? (quoted[1] ?? quoted[2]) : undefined;
}

const PLAIN = { int: /^[+-]?\d+$/, float: /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i };

/** What is wrong with a typed value, as a sentence's end, or "" when it fits. */
export function checkNumber(text, { kind, minimum, maximum }) {
  const value = Number(text);
  if (PLAIN[kind].test(text.trim()) && value >= minimum && value <= maximum) return "";
  const word = kind === "int" ? "a whole number" : "a number";
  return `must be ${word} from ${minimum} to ${maximum}`;
}
