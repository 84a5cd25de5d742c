import type { Flag } from "../../config/flags/flag.ts";
import type { CommandSpec } from "../command_spec.ts";
import { commandIndex, COMMANDS, flagsOf } from "../command_specs.ts";

/** The shells that completions are made for. */
export const COMPLETION_SHELLS = ["bash", "zsh", "fish"] as const;

/** One of {@linkcode COMPLETION_SHELLS}. */
export type CompletionShell = (typeof COMPLETION_SHELLS)[number];

/** A word that may stand where the cursor is. */
export interface Candidate {
  value: string;
  description?: string;
}

/** Values that the machine knows, not the command line's schema. */
export type KnownValues = "versions" | "profiles" | "namespaces" | "logs" | "processes";

/** What may stand where the cursor is. */
export type Completion =
  | { kind: "candidates"; candidates: Candidate[] }
  /** Each of them follows `written`: `--flag=`, the first names of a list, both or nothing. */
  | { kind: "known"; values: KnownValues; written: string; description: string }
  | { kind: "files" }
  | { kind: "folders" }
  /** A command line of its own, which begins after the first `--`. */
  | { kind: "command" }
  /** What Temporal's own CLI offers for these arguments, the last of which is being typed. */
  | { kind: "temporal"; args: readonly string[] };

const KNOWN: Readonly<Record<string, KnownValues>> = {
  version: "versions",
  remove: "versions",
  profile: "profiles",
  namespace: "namespaces",
  with: "processes",
};

/**
 * What may stand in the place of the last of `words`, which may be empty.
 *
 * @param words The words of a command line after the name of the tool, up to the cursor, `--flag=value` as one.
 */
export function complete(words: readonly string[]): Completion {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? "";
  const at = commandIndex(before);
  const dashes = before.indexOf("--");
  const isNamed = at >= 0 && (dashes < 0 || at < dashes);
  const command = isNamed ? COMMANDS.find(({ name }) => name === before[at]) : COMMANDS[0]!;
  if (command === undefined) return offer([], current);
  if (command.passesOn === true) return { kind: "temporal", args: words.slice(at + 1) };
  if (dashes >= 0) return { kind: command.afterDashes === "command" ? "command" : "files" };
  const flags = flagsOf(command);
  const awaiting = awaitingValue(before.at(-1) ?? "", flags);
  if (awaiting !== undefined) return completeValue(awaiting, "", current);
  const [, name, written] = /^--([^=]+)(=)/.exec(current) ?? [];
  if (written !== undefined) {
    const flag = flags.find((each) => each.name === name);
    return flag === undefined ? offer([], current) : completeValue(flag, `--${name}=`, current);
  }
  if (current.startsWith("-")) return offer(flags.flatMap(namesOf), current);
  return isNamed ? completeOperand(command, current) : offer(COMMAND_NAMES, current);
}

const COMMAND_NAMES: readonly Candidate[] = COMMANDS.map(({ name, summary }) => ({
  value: name,
  description: summary,
}));

function offer(candidates: readonly Candidate[], current: string): Completion {
  return { kind: "candidates", candidates: candidates.filter(({ value }) => value.startsWith(current)) };
}

function namesOf({ name, alias, help }: Flag): Candidate[] {
  const names = [`--${name}`, ...(alias === undefined ? [] : [`-${alias}`])];
  return names.map((value) => ({ value, description: help }));
}

/** The flag whose value comes after the word `previous`: `--port`, `-p`, or the last of `-qp`. */
function awaitingValue(previous: string, flags: readonly Flag[]): Flag | undefined {
  if (previous.startsWith("--")) return flags.find(({ name, kind }) => kind !== "boolean" && previous === `--${name}`);
  const letters = /^-([a-zA-Z]+)$/.exec(previous)?.[1] ?? "";
  const takesValue = [...letters].map((letter) => flags.find(({ alias }) => alias === letter)).map((flag) =>
    flag?.kind === "boolean" ? undefined : flag
  );
  const first = takesValue.findIndex((flag) => flag !== undefined);
  return first === letters.length - 1 ? takesValue[first] : undefined;
}

function completeValue(flag: Flag, written: string, current: string): Completion {
  const { name, kind, value, choices = [], mayBeAuto, help } = flag;
  const known = KNOWN[name];
  if (known !== undefined) {
    const list = value?.endsWith(",…") === true ? /^.*,/.exec(current.slice(written.length))?.[0] ?? "" : "";
    return { kind: "known", values: known, written: written + list, description: help };
  }
  if (value === "DIR") return { kind: "folders" };
  if (value === "PATH" || value === "FILE") return { kind: "files" };
  const key = kind === "pairs" ? /^[^=]+=/.exec(current.slice(written.length))?.[0] : "";
  if (key === undefined) return offer([], current);
  const values = kind === "boolean" ? ["true", "false"] : mayBeAuto === true ? ["auto"] : choices;
  return offer(values.map((each) => ({ value: `${written}${key}${each}`, description: help })), current);
}

function completeOperand({ name, operands }: CommandSpec, current: string): Completion {
  if (name === "logs") return { kind: "known", values: "logs", written: "", description: "Log" };
  if (operands === "[NAME…]") return { kind: "known", values: "processes", written: "", description: "Process" };
  if (operands === "FILE") return { kind: "files" };
  if (operands === "[COMMAND]") return offer(COMMAND_NAMES, current);
  return offer(operands === "SHELL" ? COMPLETION_SHELLS.map((value) => ({ value })) : [], current);
}

/** The answer to a completion script: a line each, `value` or `value⇥description`, or one that begins with a colon. */
export function renderCompletion(completion: Exclude<Completion, { kind: "known" | "temporal" }>): string {
  if (completion.kind !== "candidates") return `:${completion.kind}\n`;
  return completion.candidates
    .map(({ value, description }) => description === undefined ? `${value}\n` : `${value}\t${description}\n`)
    .join("");
}

/** The candidates in what `temporal __complete …` prints (cobra): a line each, and a last one with a directive. */
export function readCobraCandidates(output: string): Candidate[] {
  return output.split("\n").filter((line) => line !== "" && !line.startsWith(":") && !line.startsWith("_activeHelp_"))
    .map((line) => {
      const [value, description] = line.split("\t");
      return { value: value!, ...(description === undefined ? {} : { description }) };
    });
}
