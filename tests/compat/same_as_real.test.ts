import { it } from "node:test";
import * as std from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import fc from "fast-check";
import * as ours from "../../compat/std/assert/mod.ts";
import { parseArgs as ourParseArgs } from "../../compat/std/cli/parse_args.ts";

// With `make test-std` the bare names are the real packages, and these tests compare the two; else both are compat/std.

const name = fc.constantFrom("a", "b", "c", "no-a", "a.b", "b.c.d", "long-one", "_", "=", "-", "x");
const value = fc.oneof(
  fc.constantFrom(
    "",
    " ",
    "0",
    "1",
    "-1",
    "1e3",
    "0x1f",
    "true",
    "false",
    "text",
    "a=b",
    "=",
    "-",
    "--",
    "ä",
    "l1\nl2",
  ),
  fc.string({ maxLength: 4 }),
);
const word = fc.oneof(
  value,
  name.map((key) => `--${key}`),
  name.map((key) => `--no-${key}`),
  name.map((key) => `-${key}`),
  fc.tuple(name, value).map(([key, text]) => `--${key}=${text}`),
  fc.tuple(name, value).map(([key, text]) => `-${key}${text}`),
  fc.tuple(name, value).map(([key, text]) => `-${key}=${text}`),
  fc.string({ unit: fc.constantFrom("-", "=", "a", "b", "1", ".", "n", "o", "\n"), maxLength: 7 }),
);
const names = fc.oneof(name, fc.array(name, { maxLength: 3 }));
const options = fc.record({
  boolean: names,
  string: names,
  collect: names,
}, { requiredKeys: [] });

/** The result, or that it failed: both must fail on the same input, such as a dotted flag under a plain one. */
function outcome(parse: typeof parseArgs, words: string[], given: Record<string, unknown>, answer: boolean): unknown {
  const asked: unknown[] = [];
  const unknown = (...args: unknown[]): boolean => {
    asked.push(args);
    return answer;
  };
  try {
    return { result: parse(words, { ...given, unknown }), asked };
  } catch (error) {
    return { failure: (error as Error).name };
  }
}

it("parseArgs() returns the same as the real one, for any words and options", () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), options, fc.boolean(), (words, given, answer) => {
      const real = outcome(parseArgs, words, given, answer);
      ours.assertEquals(outcome(ourParseArgs as typeof parseArgs, words, given, answer), real);
    }),
    { numRuns: 5000 },
  );
});

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withNullPrototype: true,
  maxDepth: 3,
});

it("equal() returns the same as the real one, for any two values", () => {
  fc.assert(
    fc.property(anything, anything, (a, b) => ours.equal(a, b) === std.equal(a, b)),
    { numRuns: 2000 },
  );
});

it("equal() returns the same as the real one, for a value and its copy", () => {
  const pair = fc.clone(anything, 2);
  fc.assert(fc.property(pair, ([a, b]) => ours.equal(a, b) === std.equal(a, b)), { numRuns: 2000 });
});
