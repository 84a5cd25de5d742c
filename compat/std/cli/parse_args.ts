/**
 * `@std/cli/parse-args` for use without the real package, with the options that this repository uses. Every command loads
 * it, so it has no imports.
 *
 * Same results as the real one (tests/compat); the types leave out dotted names, which are `unknown`.
 */

type NameList = string | readonly string[];

/** Options of {@linkcode parseArgs}. Flags are a name or a list of names. */
export interface ParseOptions {
  /** Flags without a value, false unless given. */
  boolean?: NameList;
  /** Flags whose value stays text; `_` keeps the positionals text. Other values that look like numbers become numbers. */
  string?: NameList;
  /** Flags that collect all values into an array; of other flags the last value counts. */
  collect?: NameList;
  /** Called with each flag that no other option names, and each positional; false leaves it out. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

type Names<List> = List extends readonly (infer Name extends string)[] ? Name : List extends string ? List : never;
type NamesOf<Options, Key extends keyof ParseOptions> = Options extends { [K in Key]: infer List } ? Names<List>
  : never;
type IsTyped<Options> = [NamesOf<Options, "boolean"> | NamesOf<Options, "string"> | NamesOf<Options, "collect">] extends
  [never] ? false
  : true;

type ScalarOf<Options, Name> = Name extends NamesOf<Options, "boolean"> ? boolean
  : Name extends NamesOf<Options, "string"> ? string
  : unknown;
type ValueOf<Options, Name> = Name extends NamesOf<Options, "collect"> ? ScalarOf<Options, Name>[]
  : ScalarOf<Options, Name>;

type AlwaysThere<Options> = NamesOf<Options, "boolean"> | NamesOf<Options, "collect">;
type SometimesThere<Options> = Exclude<NamesOf<Options, "string">, AlwaysThere<Options>>;

type Flat<T> = { [K in keyof T]: T[K] };

/** The result of {@linkcode parseArgs}. */
export type Args<Options = unknown> =
  & (IsTyped<Options> extends true ? Flat<
      & Record<string, unknown>
      & { [Name in AlwaysThere<Options>]: ValueOf<Options, Name> }
      & { [Name in SometimesThere<Options>]?: ValueOf<Options, Name> | undefined }
    >
    // deno-lint-ignore no-explicit-any -- as in the real package: without a description of the flags, anything goes
    : Record<string, any>)
  & { _: (string | number)[] };

type Flags = Record<"boolean" | "string" | "collect", ReadonlySet<string>>;

type Bag = Record<string, unknown>;

/** Parses command line arguments into one object. */
export function parseArgs<const Options extends ParseOptions = Record<never, never>>(
  args: readonly string[],
  options?: Options,
): Args<Options> {
  const given: ParseOptions = options ?? {};
  const flags = { boolean: setOf(given.boolean), string: setOf(given.string), collect: setOf(given.collect) };
  const result: Bag & { _: (string | number)[] } = { _: [] };

  const dashes = args.indexOf("--");
  const words = dashes < 0 ? args : args.slice(0, dashes);
  const rest = dashes < 0 ? [] : args.slice(dashes + 1);

  const put = (key: string, value: unknown, word: string): void => {
    const isKnown = Object.values(flags).some((names) => names.has(key));
    if (!isKnown && given.unknown?.(word, key, value) === false) return;
    const typed = typeof value === "string" && !flags.string.has(key) ? numberOr(value) : value;
    setPath(result, key.split("."), typed, flags.collect.has(key));
  };

  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const next = words[at + 1];
    if (word.startsWith("--") && word.length > 2) {
      if (putLong(flags, word, next, put)) at++;
    } else if (word.startsWith("-") && word.length > 1) {
      if (putShort(flags, word, next, put)) at++;
    } else if (given.unknown?.(word) !== false) result._.push(flags.string.has("_") ? word : numberOr(word));
  }

  for (const name of [...flags.boolean, ...flags.string]) {
    const isList = flags.collect.has(name);
    if (!isList && !flags.boolean.has(name)) continue;
    if (!hasPath(result, name.split("."))) setPath(result, name.split("."), isList ? [] : false, false);
  }
  result._.push(...rest);
  return result as Args<Options>;
}

type Put = (key: string, value: unknown, word: string) => void;

function setOf(names: NameList = []): ReadonlySet<string> {
  return new Set([names].flat().filter((name) => name !== ""));
}

/** `--key`, `--key=value`, `--key value`. Returns whether `next` was taken as the value. */
function putLong(flags: Flags, word: string, next: string | undefined, put: Put): boolean {
  const negated = word.startsWith("--no-") && word.length > 5;
  const body = word.slice(negated ? 5 : 2);
  const equals = body.indexOf("=", 1);
  if (equals > 0) {
    const key = body.slice(0, equals); // without `no-`, as in the real package
    const value = body.slice(equals + 1);
    put(key, flags.boolean.has(key) ? value !== "false" : value, word);
    return false;
  }
  const key = negated ? `no-${body}` : body;
  if (next && !flags.boolean.has(key) && !next.startsWith("-")) {
    put(key, next, word);
    return true;
  }
  return putBare(flags, key, next, word, put);
}

/** A flag that takes no text from `next`, except `true` or `false`. */
function putBare(flags: Flags, key: string, next: string | undefined, word: string, put: Put): boolean {
  const isAnswer = next === "true" || next === "false";
  put(key, isAnswer ? next !== "false" : flags.string.has(key) ? "" : true, word);
  return isAnswer;
}

/** `-k`, `-k value`, `-kvalue`, `-k=value`, and `-abc` for three flags. Returns whether `next` was taken as the value. */
function putShort(flags: Flags, word: string, next: string | undefined, put: Put): boolean {
  for (let at = 1; at < word.length - 1; at++) {
    const letter = word.charAt(at);
    const tail = word.slice(at + 1);
    if (tail === "-") {
      put(letter, tail, word);
      continue;
    }
    const value = shortValue(letter, tail, at + 1 < word.length - 1);
    if (value !== undefined) {
      put(letter, value, word);
      return false;
    }
    put(letter, flags.string.has(letter) ? "" : true, word);
  }
  const key = word.slice(-1);
  if (key === "-") return false;
  if (next && !/^--?[^-]/.test(next) && !flags.boolean.has(key)) {
    put(key, next, word);
    return true;
  }
  return putBare(flags, key, next, word, put);
}

/** The value attached to a short flag, or undefined when `tail` is more flags. `hasMore`: `tail` is not the last letter. */
function shortValue(letter: string, tail: string, hasMore: boolean): string | undefined {
  if (tail === "=") return "";
  if (/[A-Za-z]/.test(letter)) {
    // From the first `=` that has a value, up to the end of its line.
    const assigned = /=(.+)/.exec(tail);
    if (assigned) return assigned[1]!;
    if (/\d+(\.\d*)?(e-?\d+)?$/.test(tail)) return tail;
  }
  return hasMore && /^\W/.test(tail) ? tail : undefined;
}

function numberOr(text: string): string | number {
  const number = Number(text);
  return /\S/.test(text) && Number.isFinite(number) ? number : text;
}

/** No flag may reach a prototype: `--constructor.x` and `--__proto__.x` are dropped. */
function reachesPrototype(bag: Bag, key: string): boolean {
  return key === "__proto__" || (key === "constructor" && typeof bag[key] === "function");
}

function setPath(bag: Bag, path: string[], value: unknown, gather: boolean): void {
  const last = path.at(-1)!;
  for (const key of path.slice(0, -1)) {
    if (reachesPrototype(bag, key)) return;
    bag = (bag[key] ??= {}) as Bag;
  }
  if (reachesPrototype(bag, last)) return;
  const before = bag[last];
  if (!gather) bag[last] = value;
  else if (Array.isArray(before)) before.push(value);
  else bag[last] = before ? [before, value] : [value];
}

function hasPath(bag: Bag, path: string[]): boolean {
  let place: unknown = bag;
  for (const key of path) {
    if (!Object.hasOwn(place as Bag, key)) return false;
    place = (place as Bag)[key];
  }
  return true;
}
