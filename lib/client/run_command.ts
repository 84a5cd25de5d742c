import type { CommandContext } from "../cli/context.ts";
import type { EnvironmentChange } from "../environment/client_environment.ts";
import { LocalError } from "../errors/local_error.ts";
import { parseProcStat } from "../platform/processes/parse_proc_stat.ts";
import type { ForegroundChild, Host } from "../platform/runtime/host.ts";
import { signalNumber } from "../platform/spawn/signals.ts";

const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

/** @throws {LocalError} `usage` without a command */
export function requireOperands({ invocation: { operands } }: CommandContext): void {
  if (operands.length > 0) return;
  throw new LocalError("usage", "`run` needs a command", { hint: "For example `stigmer-local run -- npm test`" });
}

/**
 * Runs a command with this environment, changed by `env`. Resolves with its exit code.
 *
 * @param words The command and its arguments. @default the operands
 * @throws {LocalError} `command-not-run`, with the shell's exit code for it: 127 not found, 126 not executable
 */
export async function runIn(
  { host, invocation: { operands } }: CommandContext,
  env: EnvironmentChange,
  words: readonly string[] = operands,
): Promise<number> {
  const [command, ...args] = words;
  let child: ForegroundChild | null = null;
  const early: string[] = [];
  // Listens before the command is spawned, so that signals received in between are forwarded too.
  const stopListening = host.onSignal(FORWARDED, (signal) => {
    if ((signal === "SIGINT" || signal === "SIGQUIT") && isForeground(host)) return;
    if (child?.kind === "runs") child.kill(signal);
    else early.push(signal);
  });
  try {
    child = await host.runForeground(command!, args, env);
    if (child.kind !== "runs") throw notRun(command!, child);
    for (const signal of early) child.kill(signal);
    const { code, signal } = await child.ended;
    return signal === null ? code ?? 1 : 128 + signalNumber(signal, host.platform);
  } finally {
    stopListening();
  }
}

function notRun(command: string, child: Exclude<ForegroundChild, { kind: "runs" }>): LocalError {
  const [message, hint, exitCode] = child.kind === "notFound"
    ? [`Command not found: \`${command}\``, "Check its name and PATH", 127]
    : [`Cannot execute \`${command}\`: ${child.why}`, "Check its path and its permissions (`chmod +x`)", 126];
  return new LocalError("command-not-run", message, { hint, exitCode, facts: { command } });
}

/**
 * Whether Ctrl-C or Ctrl-\ on the terminal reaches this process, and so the command too: the terminal signals its whole
 * foreground group, and forwarding would deliver the signal twice.
 */
function isForeground(host: Host): boolean {
  const read = host.readText("/proc/self/stat", 4096);
  const stat = "text" in read ? parseProcStat(read.text) : null;
  if (stat !== null) return stat.pgid === stat.foregroundPgid;
  // Without `/proc`, a background job, or a job with all three streams redirected, is not recognized.
  return (["stdin", "stdout", "stderr"] as const).some((stream) => host.isTerminal(stream));
}
