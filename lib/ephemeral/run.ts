import type { CommandContext } from "../cli/context.ts";
import { runIn } from "../client/run_command.ts";
import { instanceEnvironment } from "../environment/instance_environment.ts";
import { temporalOnPath } from "../environment/temporal_on_path.ts";
import { ephemeralToolEnvironment } from "../environment/tool_environment.ts";
import { LocalError } from "../errors/local_error.ts";
import { keptLogsPath } from "../supervisor/ephemeral_home.ts";
import { superviseEphemeral } from "./in_process.ts";
import { bringUpEphemeral, discard, makeLogsDir, tellKept } from "./bring_up.ts";

/**
 * Runs the command with an ephemeral instance, supervised in this process, because a second process would take time to
 * start. However this process exits, nothing of the instance remains; with `--keep-logs` its logs do, unless the command
 * succeeds.
 *
 * @throws {LocalError} `usage` with --db-filename; the errors of `start`
 */
export async function runEphemeral(context: CommandContext): Promise<number> {
  const { host, invocation } = context;
  const { options, commandOptions } = invocation;
  if (options.get("db-filename")?.source.kind === "flag") {
    throw new LocalError(
      "usage",
      "--db-filename cannot be used with `run --ephemeral`, which keeps its data in memory",
      { hint: "Omit one of the two" },
    );
  }
  const keep = commandOptions["keep-logs"];
  const logsDir = typeof keep === "string" ? makeLogsDir(context, keep, "--keep-logs") : null;
  const { home, ...ephemeral } = await bringUpEphemeral(
    context,
    logsDir,
    (launchRequest, timeoutMs) => superviseEphemeral(host, launchRequest, timeoutMs),
  );
  let isLost = false;
  ephemeral.lost.then((why) => {
    isLost = true;
    return context.tell(`error: Temporal stopped while the command was running: ${why.message}`);
  });
  let exitCode = 1;
  try {
    const environment = instanceEnvironment(host, ephemeral.served);
    return exitCode = await runIn(context, {
      ...environment,
      ...ephemeralToolEnvironment(invocation, home),
      ...temporalOnPath(host, home),
    });
  } finally {
    await ephemeral.end();
    if (host.exists(home)) await stopSuccessor({ ...context, invocation: { ...invocation, home } });
    if (logsDir !== null && exitCode === 0 && !isLost) discard(keptLogsPath(logsDir, home));
    else if (logsDir !== null) await tellKept(context, logsDir, home);
  }
}

/** Removes an instance that the command started at the ephemeral home, after it stopped the one that was there. */
async function stopSuccessor(context: CommandContext): Promise<void> {
  const { stopInstance } = await import("../client/stop.ts");
  await stopInstance(context, 0);
  discard(context.invocation.home);
}
