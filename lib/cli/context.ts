import { LocalError } from "../errors/local_error.ts";
import { ownerFault } from "../instance/owner.ts";
import { instancePaths, managedBinaryPath, storePath } from "../instance/paths.ts";
import type { Status } from "../instance/status/status.ts";
import type { Host } from "../platform/runtime/host.ts";
import { type Paint, paintFor, wantsColour } from "../text/paint.ts";
import { wrapAfter } from "../text/wrap.ts";
import type { Invocation } from "./invocation.ts";
import { type TypedCommands, typedCommands } from "./typed_commands.ts";

/** What a subcommand gets: the invocation, the process that it runs in, and its output channels. */
export interface CommandContext {
  host: Host;
  invocation: Invocation;
  /** For stdout; without colour unless stdout is a terminal. */
  paint: Paint;
  /** Completes the commands in the output; {@linkcode answer} and {@linkcode tell} do so themselves. */
  typed: TypedCommands;
  /** This process goes on after the command: it is a caller of the library. */
  isGuest?: boolean;
  /** Prints the result on stdout: `text`, or `value` as one JSON document with `--json`; nothing with `--quiet`. */
  answer(value: unknown, text: () => string): Promise<void>;
  /** Prints progress and diagnostics on stderr; nothing with `--quiet` or `--json`. */
  tell(line: string): Promise<void>;
}

/** A subcommand. Resolves with its exit code. */
export type Command = (context: CommandContext) => Promise<number>;

/** Creates the context of `invocation`. */
export function commandContext(host: Host, invocation: Invocation): CommandContext {
  const { json, quiet, home, project, options } = invocation;
  const surroundings = { env: host.env, cwd: host.cwd(), project };
  const typed = typedCommands(home, surroundings, options.get("no-project")?.value === true);
  return {
    host,
    invocation,
    paint: paintOf(host, "stdout"),
    typed,
    answer: async (value, text) => {
      if (json) await host.write("stdout", JSON.stringify(typed.inValue(value), null, 2) + "\n");
      else if (!quiet) await host.write("stdout", typed.inText(text()));
    },
    tell: async (line) => {
      if (quiet || json) return;
      const [, label = "", text = ""] = /^((?:warning|error|hint): )?(.*)$/s.exec(typed.inText(line))!;
      await host.write("stderr", `${wrapAfter(label, text, columnsOfErrors(host)).join("\n")}\n`);
    },
  };
}

/** Paint for what goes to `stream`. */
export function paintOf(host: Host, stream: "stdout" | "stderr"): Paint {
  return paintFor(wantsColour(host.isTerminal(stream), host.env));
}

/** The binary that `--temporal-bin` or `--version` selects, perhaps not installed yet; null = any. */
export function requestedBinary({ host, invocation: { home, temporalBin, temporalVersion } }: CommandContext) {
  if (temporalBin !== null || temporalVersion === null) return temporalBin;
  const own = managedBinaryPath(instancePaths(home).binDir, temporalVersion);
  return host.exists(own) ? own : managedBinaryPath(storePath(home, host.env, host.cwd()), temporalVersion);
}

/** The width for output in columns: that of the terminal, else unlimited. */
export function columnsOf({ host }: CommandContext): number {
  return host.isTerminal("stdout") ? host.columns() : Infinity;
}

/** A line for each process beside Temporal; without processes none, and nothing is loaded. */
export async function processLines(context: CommandContext, { processes }: Status): Promise<string[]> {
  if (processes === undefined) return [];
  const { renderProcesses } = await import("../instance/status/render_processes.ts");
  return renderProcesses(processes, Date.now(), context.paint, columnsOf(context));
}

/** The width for what goes to stderr, likewise. */
export function columnsOfErrors(host: Host): number {
  return host.isTerminal("stderr") ? host.columns() : Infinity;
}

/** How long a command waits for Temporal to become ready, in s. */
const DEFAULT_TIMEOUT_S = 120;

/** The value of `--timeout` in ms, else `defaultS`. */
export function timeoutMsOf({ invocation: { commandOptions } }: CommandContext, defaultS = DEFAULT_TIMEOUT_S): number {
  return Number(commandOptions["timeout"] ?? defaultS) * 1000;
}

/** `status`, with the project file that counts here: the supervisor does not know it. */
export function withProject({ invocation: { project } }: CommandContext, status: Status): Status {
  return { ...status, paths: { ...status.paths, project: project?.path ?? null } };
}

/** Prints the warnings of a status, or of another result, on stderr. */
export async function tellWarnings(
  { tell }: CommandContext,
  { warnings = [] }: { warnings?: readonly string[] },
): Promise<void> {
  for (const warning of warnings) await tell(`warning: ${warning}`);
}

/**
 * Checks that only this user can write to the home, if it exists: a user who can write there could make us signal or run
 * anything.
 *
 * @throws {LocalError} `home-unusable`
 * @returns whether the home exists
 */
export function checkHome({ host, invocation: { home } }: CommandContext): boolean {
  const owner = host.folderOwner(home);
  if (owner === null) return false;
  const fault = ownerFault(home, owner, host.uid);
  if (fault === null) return true;
  const { reason, remedy, facts } = fault;
  throw new LocalError("home-unusable", `${home} ${reason}`, { hint: remedy, facts: { home, ...facts } });
}
