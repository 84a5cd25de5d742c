import type { Flag } from "../config/flags/flag.ts";

/** Flags that control the output; every command takes them. */
export const OUTPUT_FLAGS: readonly Flag[] = [
  { name: "json", kind: "boolean", help: "Print one JSON document; `logs` and `--watch`: one per line" },
  { name: "quiet", kind: "boolean", alias: "q", help: "Suppress output on success" },
  {
    name: "verbose",
    kind: "boolean",
    alias: "v",
    help: "Show stack traces of errors (also with STIGMER_LOG_LEVEL=debug)",
  },
  { name: "help", kind: "boolean", alias: "h", help: "Show help for the command" },
];

/** A subcommand, as the parser and the help see it. */
export interface CommandSpec {
  name: string;
  summary: string;
  /** Example command lines, shown first in the help. */
  examples: readonly string[];
  flags: readonly Flag[];
  /** The operand after the flags, in brackets if optional, `[NAME…]` if any number is; missing = none. */
  operands?: string;
  /** What the arguments after `--` are; missing = they are an error. */
  afterDashes?: "arguments for Temporal" | "command";
  /** Every argument after its name belongs to the program that it runs, whatever it looks like. */
  passesOn?: true;
  /** `--namespace` selects one of the instance's namespaces, instead of requesting it. */
  selectsNamespace?: true;
  /**
   * How it treats files with settings: `wanted` ignores a faulty one with a warning, `home` only lets the project file
   * select the home, `ignored` reads none. @default {"needed"}
   */
  config?: "needed" | "wanted" | "home" | "ignored";
}

/** `--timeout`, as a command means it. */
export function timeoutFlag(help: string): Flag {
  return { name: "timeout", kind: "seconds", alias: "t", value: "S", help };
}
