import { inspect } from "node:util";

/** A value as text for a failed assertion: whole, keys in order, so that two values can be compared line by line. */
export function format(value: unknown): string {
  return inspect(value, {
    depth: Infinity,
    sorted: true,
    maxArrayLength: Infinity,
    maxStringLength: Infinity,
    breakLength: 60,
    compact: false,
    getters: true,
  });
}

/** ": why" or ".", the end of the real package's messages. */
export function suffix(message: string | undefined): string {
  return message ? `: ${message}` : ".";
}

/** Two texts line by line, `-` the actual and `+` the expected one. */
export function difference(actual: string, expected: string): string {
  const before = actual.split("\n");
  const after = expected.split("\n");
  const common = commonLengths(before, after);
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push(`    ${before[i++]}`);
      j++;
    } else if (j >= after.length || (i < before.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      lines.push(`-   ${before[i++]}`);
    } else {
      lines.push(`+   ${after[j++]}`);
    }
  }
  return ["", "    [Diff] Actual / Expected", "", ...lines, ""].join("\n");
}

/** `common[i][j]`: how many lines the ends of both texts, from `i` and `j` on, can share in order. */
function commonLengths(before: string[], after: string[]): number[][] {
  const common = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  // Quadratic: beyond this size the difference is shown as two blocks.
  if (before.length * after.length > 4_000_000) return common;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      common[i]![j] = before[i] === after[j]
        ? common[i + 1]![j + 1]! + 1
        : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
    }
  }
  return common;
}
