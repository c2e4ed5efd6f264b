// Python to coloured lines, with Pygments' class names. Good enough while typing: it reads, it does not parse.

const KEYWORDS =
  "False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield";

const END = String.raw`(?![\s\S])`;
const LONG = (quote) => String.raw`${quote}[\s\S]*?(?:${quote}|${END})`;
const SHORT = (quote) => String.raw`${quote}(?:\\.|[^${quote}\\\n])*${quote}?`;

const TOKEN = new RegExp(
  [
    String.raw`(?<string>(?:\b[rbfuRBFU]{1,2})?(?:${LONG('"""')}|${LONG("'''")}|${SHORT('"')}|${SHORT("'")}))`,
    String.raw`(?<comment>#[^\n]*)`,
    String.raw`(?<decorator>^[ \t]*@[\w.]+)`,
    String.raw`(?<=\b(?:def|class)\s+)(?<name>\w+)`,
    String.raw`\b(?<keyword>${KEYWORDS})\b`,
    String.raw`\b(?<number>\d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?\d+)?)\b`,
    String.raw`\w+`,
  ].join("|"),
  "gm",
);

const CLASSES = { string: "s", comment: "c1", decorator: "nd", name: "nf", keyword: "k", number: "mi" };

/** One list per line of [class, text] pairs; the class is "" for plain text. The texts join to the program. */
export function highlight(program) {
  const lines = [[]];
  const put = (kind, text) => {
    text.split("\n").forEach((part, i) => {
      if (i > 0) lines.push([]);
      if (part) lines[lines.length - 1].push([kind, part]);
    });
  };
  let at = 0;
  for (const found of program.matchAll(TOKEN)) {
    const kind = Object.keys(CLASSES).find((each) => found.groups[each] !== undefined);
    if (!kind) continue;
    put("", program.slice(at, found.index));
    put(CLASSES[kind], found[0]);
    at = found.index + found[0].length;
  }
  put("", program.slice(at));
  return lines;
}
