import { CONNECTION_FLAGS } from "../config/flags/connection_flags.ts";
import type { Flag } from "../config/flags/flag.ts";
import { CONFIG_ONLY, INSTANCE_FLAGS, PICK_VERSION } from "../config/flags/instance_flags.ts";

export type { Flag } from "../config/flags/flag.ts";
export { CONNECTION_FLAGS } from "../config/flags/connection_flags.ts";
export { INSTANCE_FLAGS } from "../config/flags/instance_flags.ts";

/** Flags about how the command talks: every command takes them. */
export const OUTPUT_FLAGS: readonly Flag[] = [
  { name: "json", kind: "boolean", help: "Print one JSON document and nothing else" },
  { name: "quiet", kind: "boolean", alias: "q", help: "Print nothing on success" },
  { name: "verbose", kind: "boolean", alias: "v", help: "Show the stack of an error (STIGMER_LOG_LEVEL=debug too)" },
  { name: "help", kind: "boolean", alias: "h", help: "Show the help of the command" },
];

/** A subcommand, as the parser and the help know it. */
export interface CommandSpec {
  name: string;
  summary: string;
  /** Lines of the help that open it. */
  examples: readonly string[];
  flags: readonly Flag[];
  /** What may stand after the flags, in brackets where it may be left out; none when missing. */
  operands?: string;
  /** What the arguments after `--` are; an error when missing. */
  afterDashes?: "arguments for Temporal" | "command";
  /** What it needs of `config.yaml`: `wanted` goes on without a faulty one, and says so. @default {"needed"} */
  config?: "needed" | "wanted" | "ignored";
}

const TIMEOUT = (help: string): Flag => ({ name: "timeout", kind: "seconds", alias: "t", value: "S", help });

/** Every subcommand. The first one runs when none is named. */
export const COMMANDS: readonly CommandSpec[] = [
  {
    name: "start",
    summary: "Bring Temporal up, or reuse the one that runs",
    examples: [
      "stigmer-local start",
      "stigmer-local start --port 7300 --namespace orders",
      "stigmer-local start -- --sqlite-pragma synchronous=1",
    ],
    flags: [
      { name: "no-wait", kind: "boolean", help: "Return once the supervisor is there" },
      TIMEOUT("Wait at most S seconds for Temporal to serve (default 120)"),
      { name: "foreground", kind: "boolean", help: "Supervise in this process (systemd, containers, Procfile)" },
      PICK_VERSION,
    ],
    afterDashes: "arguments for Temporal",
  },
  {
    name: "stop",
    summary: "Stop Temporal and its supervisor; nothing running is success",
    examples: ["stigmer-local stop", "stigmer-local stop --timeout 30", "stigmer-local stop --force"],
    flags: [
      TIMEOUT("Grace period in seconds, then SIGKILL (default 12)"),
      { name: "force", kind: "boolean", help: "SIGKILL at once" },
    ],
    config: "wanted",
  },
  {
    name: "restart",
    summary: "Stop and start again: a new process, the same data",
    examples: ["stigmer-local restart", "stigmer-local restart --log-level info"],
    flags: [TIMEOUT("Wait at most S seconds for Temporal to serve again (default 120)"), PICK_VERSION],
    afterDashes: "arguments for Temporal",
  },
  {
    name: "status",
    summary: "Show what runs, with the evidence for it",
    examples: ["stigmer-local status", "stigmer-local status --json", "stigmer-local status --watch"],
    flags: [{ name: "watch", kind: "boolean", alias: "w", help: "Show it anew each second until Ctrl-C" }],
  },
  {
    name: "wait",
    summary: "Wait until Temporal serves",
    examples: ["stigmer-local wait --timeout 30"],
    flags: [TIMEOUT("Give up after S seconds (default 120)")],
  },
  {
    name: "logs",
    summary: "Show Temporal's log",
    examples: ["stigmer-local logs -n 50", "stigmer-local logs -f --since 10m", "stigmer-local logs --supervisor"],
    flags: [
      { name: "follow", kind: "boolean", alias: "f", help: "Go on with what is written, across rotation" },
      { name: "lines", kind: "count", alias: "n", value: "N", help: "The last N lines (default 200 without --since)" },
      {
        name: "since",
        kind: "text",
        value: "TIME",
        help: "Lines since a time (ISO 8601) or a span (90s, 10m, 2h, 1d)",
      },
      { name: "supervisor", kind: "boolean", help: "The supervisor's own log" },
    ],
    config: "ignored",
  },
  {
    name: "run",
    summary: "Run a command with Temporal up, and end as it did",
    examples: [
      "stigmer-local run -- npm test",
      "stigmer-local run --ephemeral -- go test ./...",
      "stigmer-local run --stop-after -- ./seed.sh",
    ],
    flags: [
      { name: "ephemeral", kind: "boolean", help: "On an instance of its own: free ports, in memory, gone afterwards" },
      { name: "stop-after", kind: "boolean", help: "Stop Temporal afterwards, if this started it" },
      TIMEOUT("Wait at most S seconds for Temporal to serve (default 120)"),
      PICK_VERSION,
    ],
    afterDashes: "command",
  },
  {
    name: "env",
    summary: "Print the variables that Temporal's SDKs and tools read",
    examples: [
      'eval "$(stigmer-local env)"',
      "stigmer-local env --shell fish | source",
      "stigmer-local env --dotenv > .env.temporal",
    ],
    flags: [
      {
        name: "shell",
        kind: "text",
        value: "SHELL",
        choices: ["sh", "bash", "zsh", "fish", "dash", "ksh"],
        help: "Written for sh (bash, zsh too) or fish; default: that of $SHELL",
      },
      { name: "dotenv", kind: "boolean", help: "As lines of a .env file" },
    ],
  },
  {
    name: "completions",
    summary: "Print the completion script for bash, zsh or fish",
    examples: [
      'eval "$(stigmer-local completions bash)"',
      'eval "$(stigmer-local completions zsh)"',
      "stigmer-local completions fish | source",
    ],
    flags: [],
    operands: "SHELL",
    config: "ignored",
  },
  {
    name: "install",
    summary: "Get a Temporal binary, and let the next start or restart run it",
    examples: [
      "stigmer-local install",
      "stigmer-local install --version 1.4.1",
      "stigmer-local install --list",
      "stigmer-local install --remove 1.4.1",
    ],
    flags: [
      { ...PICK_VERSION, help: "This version (default: the one that this tool is made for)" },
      { name: "list", kind: "boolean", help: "Show what is installed" },
      { name: "remove", kind: "text", value: "V", help: "Remove a version that does not run" },
    ],
  },
  {
    name: "reset",
    summary: "Set the data aside and begin without any; asks first",
    examples: ["stigmer-local reset", "stigmer-local reset --yes", "stigmer-local reset --yes --no-backup"],
    flags: [
      { name: "yes", kind: "boolean", alias: "y", help: "Don't ask; needed where no terminal is" },
      { name: "no-backup", kind: "boolean", help: "Remove the data for good, instead of setting it aside" },
    ],
  },
  {
    name: "backup",
    summary: "Write the data into a file, whole and checked, also while Temporal runs",
    examples: ["stigmer-local backup before-upgrade.db", "stigmer-local backup --force latest.db"],
    flags: [{ name: "force", kind: "boolean", help: "Overwrite FILE" }],
    operands: "FILE",
  },
  {
    name: "restore",
    summary: "Put a backup in the place of the data, which is set aside",
    examples: ["stigmer-local restore before-upgrade.db"],
    flags: [],
    operands: "FILE",
  },
  {
    name: "doctor",
    summary: "Check everything that can go wrong, and say the remedy",
    examples: ["stigmer-local doctor", "stigmer-local doctor --fix", "stigmer-local doctor --network --json"],
    flags: [
      { name: "fix", kind: "boolean", help: "Mend what can be mended without harm" },
      { name: "network", kind: "boolean", help: "Also try to reach where Temporal comes from" },
      PICK_VERSION,
    ],
    config: "wanted",
  },
  {
    name: "config",
    summary: "Show each setting, and where it comes from",
    examples: ["stigmer-local config", "stigmer-local config --json", "stigmer-local config --port 7300"],
    flags: [PICK_VERSION],
    afterDashes: "arguments for Temporal",
  },
  {
    name: "ui",
    summary: "Print the Web UI's address, and open it on a terminal",
    examples: ["stigmer-local ui", "stigmer-local ui --print"],
    flags: [{ name: "print", kind: "boolean", help: "Only print it" }],
  },
  {
    name: "version",
    summary: "Print the versions of the tool, the runtime and the pinned Temporal",
    examples: ["stigmer-local version", "stigmer-local version --json"],
    flags: [],
    config: "ignored",
  },
  {
    name: "help",
    summary: "Show help, of one command with its name",
    examples: ["stigmer-local help", "stigmer-local help start"],
    flags: [],
    operands: "[COMMAND]",
    config: "ignored",
  },
];

/** The flags that `command` takes. A flag of its own hides an instance flag's letter (`logs -f`, `logs -n`). */
export function flagsOf(command: CommandSpec): Flag[] {
  const letters = new Set(command.flags.map((flag) => flag.alias));
  const shared = [...INSTANCE_FLAGS, ...CONNECTION_FLAGS, ...OUTPUT_FLAGS].map((flag) => {
    if (flag.alias === undefined || !letters.has(flag.alias)) return flag;
    const { alias: _hidden, ...rest } = flag;
    return rest;
  });
  return [...command.flags, ...shared];
}

/** All that `command` heeds, wherever it is set: its flags, and what only the environment and `config.yaml` set. */
export function settingsOf(command: CommandSpec): Flag[] {
  return [...flagsOf(command), ...CONFIG_ONLY];
}
