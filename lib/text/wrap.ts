/** A word, or a command in backticks with what touches it: broken, it could not be copied. */
const UNIT = /(?:[^\s`]*`[^`]*`)+[^\s`]*|\S+/g;

/**
 * Wraps `text` at spaces into lines of at most `width` characters. A longer word gets its own line, and so does a command in
 * backticks.
 */
export function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((line) => line.length <= width ? [line] : wrapLine(line, width));
}

function wrapLine(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const [unit] of text.matchAll(UNIT)) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + unit.length > width) lines.push(unit);
    else lines[lines.length - 1] = `${line} ${unit}`;
  }
  return lines;
}

/** {@linkcode wrap}, with `first` before the first line and as many spaces before the others. */
export function wrapAfter(first: string, text: string, columns: number): string[] {
  const lines = wrap(text, columns - first.length);
  return lines.map((line, index) => index === 0 ? first + line : " ".repeat(first.length) + line);
}
