import type { CommandContext } from "../cli/context.ts";
import type { EnvironmentChange } from "../environment/client_environment.ts";
import { instanceEnvironment } from "../environment/instance_environment.ts";
import { LocalError } from "../errors/local_error.ts";
import type { Status } from "../instance/status/status.ts";
import { isInForeground } from "../platform/processes/parse_proc_stat.ts";
import type { ForegroundChild, ForegroundExit, Host } from "../platform/runtime/host.ts";
import { signalNumber } from "../platform/spawn/signals.ts";

const HANDED_ON = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

/** @throws {LocalError} `usage`, when there is nothing to run */
export function requireOperands({ invocation: { operands } }: CommandContext): void {
  if (operands.length > 0) return;
  throw new LocalError("usage", "`run` needs a command", { hint: "stigmer-local run -- npm test" });
}

/** Runs the operands as a command that finds the instance in its environment. Resolves with its exit code. */
export async function runWith(
  context: CommandContext,
  status: Pick<Status, "address" | "namespace" | "uiUrl">,
): Promise<number> {
  return await runIn(context, instanceEnvironment(context.host, status));
}

/**
 * Runs the operands as a command in our environment, changed by `env`. Resolves with its exit code.
 *
 * @throws {LocalError} `command-not-run`, with the shell's exit code for it: 127 not found, 126 not executable
 */
export async function runIn(context: CommandContext, env: EnvironmentChange): Promise<number> {
  const { host, invocation: { operands } } = context;
  const [command, ...args] = operands;
  let child: ForegroundChild | null = null;
  const early: string[] = [];
  // Listened for before there is a command: what comes in between is handed on, too.
  const stopListening = host.onSignal(HANDED_ON, (signal) => {
    if ((signal === "SIGINT" || signal === "SIGQUIT") && isForeground(host)) return;
    if (child?.kind === "runs") child.kill(signal);
    else early.push(signal);
  });
  try {
    child = await host.runForeground(command!, args, env);
    if (child.kind !== "runs") throw notRun(command!, child);
    for (const signal of early) child.kill(signal);
    return exitCodeOf(await child.ended, host.platform);
  } finally {
    stopListening();
  }
}

function notRun(command: string, child: Exclude<ForegroundChild, { kind: "runs" }>): LocalError {
  return child.kind === "notFound"
    ? new LocalError("command-not-run", `\`${command}\` was not found`, {
      hint: "Check its name, and PATH",
      facts: { command },
      exitCode: 127,
    })
    : new LocalError("command-not-run", `\`${command}\` can't be executed: ${child.why}`, {
      hint: "Check its path, and its permissions (chmod +x)",
      facts: { command },
      exitCode: 126,
    });
}

/**
 * Whether Ctrl-C or Ctrl-\ on a terminal reaches us, and the command with us: the whole foreground group gets it, wherever
 * its stdin is from, and handing it on would make it two.
 */
function isForeground(host: Host): boolean {
  const stat = host.readText("/proc/self/stat", 4096);
  if ("text" in stat) return isInForeground(stat.text);
  // Elsewhere than on Linux neither a job in the background is known, nor a terminal that all three lead away from.
  return (["stdin", "stdout", "stderr"] as const).some((stream) => host.isTerminal(stream));
}

function exitCodeOf({ code, signal }: ForegroundExit, platform: string): number {
  if (signal === null) return code ?? 1;
  return 128 + signalNumber(signal, platform);
}
