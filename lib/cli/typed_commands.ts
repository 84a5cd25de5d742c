import { LocalError } from "../errors/local_error.ts";
import { shellWord } from "../text/shell_word.ts";
import { COMMANDS } from "./command_specs.ts";
import { homeOf, type Surroundings } from "./invocation.ts";

/**
 * Completes the `stigmer-local …` commands in what is printed, so that they refer to the printed instance when they are typed
 * as they stand. Works on output and not where a text is made: the supervisor records hints that another command line shows
 * later.
 */
export interface TypedCommands {
  /** Adds `--home`, or `--no-project`, to the commands in `text`. */
  inText(text: string): string;
  /** A copy of a JSON document with the commands in its messages, hints and remedies completed. */
  inValue<T>(value: T): T;
  /** Completes an error that is about to leave this tool, and returns it. */
  inError(error: unknown): unknown;
}

/** The commands without those that do not depend on a home, and without those that would pass on a flag after their name. */
const NAMES = COMMANDS.filter(({ config, passesOn }) => config !== "ignored" && passesOn !== true)
  .map(({ name }) => name).join("|");
/** A command up to its name, unless it has a `--home` of its own, or is about all homes. */
const COMMAND = new RegExp(`\\bstigmer-local (?:${NAMES})\\b(?![-\\w])(?![^\`;,)\\n]*--(?:home|all)\\b)`, "g");

/** The fields of JSON documents that hold texts for people. */
const TEXT_FIELDS = ["message", "hint", "remedy", "detail"];
const TEXT_LISTS = ["warnings"];

/**
 * For output about the instance at `home`, to be typed in `surroundings`.
 *
 * @param isWithoutProject `--no-project` was given, and is needed again.
 */
export function typedCommands(home: string, surroundings: Surroundings, isWithoutProject = false): TypedCommands {
  const options = [
    ...(home === homeWith(undefined, surroundings) ? [] : [`--home ${shellWord(home)}`]),
    ...(isWithoutProject ? ["--no-project"] : []),
  ];
  const option = options.length === 0 ? null : options.join(" ");
  const inText = (text: string) =>
    option === null ? text : text.replaceAll(COMMAND, (command) => `${command} ${option}`);
  const inField = (key: string, value: unknown): unknown => {
    if (typeof value === "string" && TEXT_FIELDS.includes(key)) return inText(value);
    if (!Array.isArray(value) || !TEXT_LISTS.includes(key)) return value;
    return value.map((each: unknown) => typeof each === "string" ? inText(each) : each);
  };
  return {
    inText,
    inValue: (value) => option === null ? value : JSON.parse(JSON.stringify(value, inField)),
    inError: (error) => {
      if (!(error instanceof LocalError)) return error;
      const { message, hint } = error;
      return Object.assign(error, { message: inText(message), ...(hint === undefined ? {} : { hint: inText(hint) }) });
    },
  };
}

/** The home that a command line with `--home` and this value, or without it, selects; null if it selects none. */
function homeWith(home: string | undefined, surroundings: Surroundings): string | null {
  const options = new Map(home === undefined ? [] : [["home", home]]);
  try {
    return homeOf({ command: COMMANDS[0]!, options, operands: [], passed: null }, surroundings);
  } catch (error) {
    if (error instanceof LocalError) return null;
    throw error;
  }
}

/** The home that `args` select, even if the rest of the command line is wrong; null if they select none. */
export function homeAmong(args: readonly string[], surroundings: Surroundings): string | null {
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  const at = own.findLastIndex((arg) => arg === "--home" || arg.startsWith("--home="));
  const home = at < 0 ? undefined : own[at]!.startsWith("--home=") ? own[at]!.slice("--home=".length) : own[at + 1];
  return homeWith(home || undefined, surroundings);
}
