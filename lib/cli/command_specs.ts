import { CONFIG_ONLY } from "../config/flags/config_only.ts";
import { CONNECTION_FLAGS } from "../config/flags/connection_flags.ts";
import type { Flag } from "../config/flags/flag.ts";
import { INSTANCE_FLAGS, PICK_VERSION } from "../config/flags/instance_flags.ts";
import { type CommandSpec, OUTPUT_FLAGS, timeoutFlag } from "./command_spec.ts";

/** Every subcommand. The first one runs when none is named. */
export const COMMANDS: readonly CommandSpec[] = [
  {
    name: "start",
    summary: "Start Temporal and the processes beside it, or reuse the running ones",
    operands: "[NAME…]",
    examples: [
      "stigmer-local start",
      "stigmer-local start --port 7300 --namespace orders",
      "stigmer-local start -- --log-format json",
    ],
    flags: [
      { name: "no-wait", kind: "boolean", help: "Return as soon as the supervisor is running" },
      timeoutFlag("Seconds to wait until Temporal is ready (default 120)"),
      { name: "foreground", kind: "boolean", help: "Supervise in the foreground; for systemd, containers, Procfiles" },
      PICK_VERSION,
    ],
    afterDashes: "arguments for Temporal",
  },
  {
    name: "stop",
    summary: "Stop everything, or the named processes (succeeds if not running)",
    operands: "[NAME…]",
    examples: ["stigmer-local stop", "stigmer-local stop --timeout 30", "stigmer-local stop --all"],
    flags: [
      { name: "all", kind: "boolean", help: "Stop every running instance of this user that `ls` lists" },
      timeoutFlag("Grace period in seconds before SIGKILL (default 12)"),
      { name: "force", kind: "boolean", help: "Send SIGKILL without a grace period" },
    ],
    config: "wanted",
  },
  {
    name: "restart",
    summary: "Restart everything on the same data, or the named processes",
    operands: "[NAME…]",
    examples: ["stigmer-local restart", "stigmer-local restart --log-level info"],
    flags: [timeoutFlag("Seconds to wait for Temporal to become ready again (default 120)"), PICK_VERSION],
    afterDashes: "arguments for Temporal",
  },
  {
    name: "status",
    selectsNamespace: true,
    summary: "Show the state of Temporal, checked layer by layer",
    examples: ["stigmer-local status", "stigmer-local status --json", "stigmer-local status --watch"],
    flags: [
      {
        name: "watch",
        kind: "boolean",
        alias: "w",
        help: "Live table with keys; not on a terminal: a line per change",
      },
      timeoutFlag("Seconds after which --watch ends (default: when interrupted)"),
    ],
  },
  {
    name: "wait",
    selectsNamespace: true,
    summary: "Wait until Temporal is ready",
    examples: ["stigmer-local wait --timeout 30"],
    flags: [timeoutFlag("Seconds to wait before giving up (default 120)")],
  },
  {
    name: "ls",
    summary: "List the running instances of this user",
    examples: ["stigmer-local ls", "stigmer-local ls --all", "stigmer-local ls --json"],
    flags: [{ name: "all", kind: "boolean", alias: "a", help: "List those that are not running, too" }],
    config: "ignored",
  },
  {
    name: "logs",
    summary: "Show the logs of Temporal and of the processes beside it",
    examples: ["stigmer-local logs -f --since 10m", "stigmer-local logs temporal", "stigmer-local logs --supervisor"],
    flags: [
      { name: "follow", kind: "boolean", alias: "f", help: "Follow log output" },
      { name: "lines", kind: "count", alias: "n", value: "N", help: "Last N lines (default 200, all with --since)" },
      {
        name: "since",
        kind: "text",
        value: "TIME",
        help: "Show lines since a time (ISO 8601, UTC by default) or a duration ago (90s, 10m, 2h, 1d)",
      },
      { name: "supervisor", kind: "boolean", help: "Show the supervisor's log instead" },
    ],
    operands: "[NAME…]",
    config: "home",
  },
  {
    name: "run",
    selectsNamespace: true,
    summary: "Run a command with Temporal available; exits with the command's status",
    examples: [
      "stigmer-local run -- npm test",
      "stigmer-local run --ephemeral -- go test ./...",
      "stigmer-local run --stop-after -- ./seed.sh",
      "stigmer-local run --namespace billing -- npm test",
    ],
    flags: [
      {
        name: "ephemeral",
        kind: "boolean",
        help: "Use a temporary instance: free ports, in-memory data, removed afterwards",
      },
      {
        name: "keep-logs",
        kind: "text",
        value: "DIR",
        isPath: true,
        help: "With --ephemeral: keep the logs in a new subdirectory of DIR if the command fails",
      },
      { name: "with", kind: "text", value: "NAME,…", help: "With --ephemeral: also these processes, or `all`" },
      { name: "stop-after", kind: "boolean", help: "Stop Temporal afterwards if this command started it" },
      timeoutFlag("Seconds to wait for Temporal to become ready (default 120)"),
      PICK_VERSION,
    ],
    afterDashes: "command",
  },
  {
    name: "temporal",
    selectsNamespace: true,
    summary: "Run Temporal's own CLI, the binary of the instance, connected to it",
    examples: ["stigmer-local temporal workflow list", "stigmer-local --namespace billing temporal schedule list"],
    flags: [timeoutFlag("Seconds to wait for Temporal to become ready (default 120)"), PICK_VERSION],
    passesOn: true,
  },
  {
    name: "env",
    selectsNamespace: true,
    summary: "Print environment variables for Temporal's SDKs and CLI",
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
        help: "Shell syntax to print: sh (also bash, zsh) or fish (default: that of $SHELL)",
      },
      { name: "dotenv", kind: "boolean", help: "Print lines for a .env file" },
    ],
  },
  {
    name: "completions",
    summary: "Print a completion script for bash, zsh or fish",
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
    summary: "Install a Temporal binary and select it for the next start or restart",
    examples: [
      "stigmer-local install",
      "stigmer-local install --version 1.4.1",
      "stigmer-local install --list",
      "stigmer-local install --remove 1.4.1",
    ],
    flags: [
      { ...PICK_VERSION, help: "Version to install, or latest (default: the version pinned by this tool)" },
      { name: "list", kind: "boolean", help: "List installed versions" },
      { name: "remove", kind: "text", value: "V", help: "Remove an installed version that is not running" },
    ],
  },
  {
    name: "reset",
    summary: "Start over with an empty database (asks first, keeps the old data)",
    examples: ["stigmer-local reset", "stigmer-local reset --yes", "stigmer-local reset --yes --no-backup"],
    flags: [
      { name: "yes", kind: "boolean", alias: "y", help: "Skip the confirmation prompt (required without a terminal)" },
      { name: "no-backup", kind: "boolean", help: "Delete the old data permanently instead of setting it aside" },
    ],
  },
  {
    name: "backup",
    summary: "Write a verified copy of the database to a file, even while Temporal runs",
    examples: ["stigmer-local backup before-upgrade.db", "stigmer-local backup --force latest.db"],
    flags: [{ name: "force", kind: "boolean", help: "Overwrite FILE if it exists" }],
    operands: "FILE",
  },
  {
    name: "restore",
    summary: "Replace the database with a backup (keeps the old data)",
    examples: ["stigmer-local restore before-upgrade.db"],
    flags: [],
    operands: "FILE",
  },
  {
    name: "doctor",
    summary: "Diagnose problems and suggest fixes",
    examples: ["stigmer-local doctor", "stigmer-local doctor --fix", "stigmer-local doctor --network --json"],
    flags: [
      { name: "fix", kind: "boolean", help: "Fix what can be fixed safely" },
      { name: "network", kind: "boolean", help: "Also check access to Temporal's download servers" },
      PICK_VERSION,
    ],
    config: "wanted",
  },
  {
    name: "init",
    summary: "Write a project file, stigmer-local.yaml, for this directory",
    examples: ["stigmer-local init"],
    flags: [],
    config: "ignored",
  },
  {
    name: "config",
    summary: "Show the effective settings and where each comes from",
    examples: [
      "stigmer-local config",
      "stigmer-local config --json",
      "stigmer-local config --schema > stigmer-local.schema.json",
    ],
    flags: [
      { name: "schema", kind: "boolean", help: "Print the JSON Schema of project files, for editors" },
      PICK_VERSION,
    ],
    afterDashes: "arguments for Temporal",
  },
  {
    name: "ui",
    selectsNamespace: true,
    summary: "Print the address of the Web UI and, on a terminal, open it",
    examples: ["stigmer-local ui", "stigmer-local ui --print"],
    flags: [{ name: "print", kind: "boolean", help: "Print the address without opening it" }],
  },
  {
    name: "version",
    summary: "Print the versions of this tool, the runtime and the pinned Temporal",
    examples: ["stigmer-local version", "stigmer-local version --json"],
    flags: [],
    config: "ignored",
  },
  {
    name: "help",
    summary: "Show help for stigmer-local or one of its commands",
    examples: ["stigmer-local help", "stigmer-local help start", "stigmer-local help start --all"],
    flags: [{ name: "all", kind: "boolean", help: "List every flag, with its variable" }],
    operands: "[COMMAND]",
    config: "ignored",
  },
];

/** The flags that `command` takes. A command's own flag takes precedence over an instance flag's letter (`logs -f`). */
export function flagsOf(command: Pick<CommandSpec, "flags">): Flag[] {
  const letters = new Set(command.flags.map((flag) => flag.alias));
  const shared = [...INSTANCE_FLAGS, ...CONNECTION_FLAGS, ...OUTPUT_FLAGS].map((flag) => {
    if (flag.alias === undefined || !letters.has(flag.alias)) return flag;
    const { alias: _hidden, ...rest } = flag;
    return rest;
  });
  return [...command.flags, ...shared];
}

/** All settings of `command`: its flags, and those that only the environment and files can set. */
export function settingsOf(command: CommandSpec): Flag[] {
  return [...flagsOf(command), ...CONFIG_ONLY];
}

/** The index of the command in `args`, -1 without one. Flags may come first: `stigmer-local --home x status`. */
export function commandIndex(args: readonly string[]): number {
  return args.findIndex((arg, index) => !arg.startsWith("-") && !isValueOf(args[index - 1]));
}

/** Whether the argument after `arg` is its value: `arg` is a flag with a value, written without `=`. */
function isValueOf(arg: string | undefined): boolean {
  return arg !== undefined && flagsWritten(arg).some(({ kind }) => kind !== "boolean");
}

/** The flags, of any command, that `arg` names without `=`. */
export function flagsWritten(arg: string): Flag[] {
  return COMMANDS.flatMap(flagsOf).filter(({ name, alias }) => arg === `--${name}` || arg === `-${alias}`);
}
