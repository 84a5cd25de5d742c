import { checkHome, type Command } from "../cli/context.ts";
import { DEFAULT_GRACE_S, NOTHING, stopInstance } from "../client/stop.ts";

/** Stops Temporal, the processes beside it and the supervisor, or the named processes. Returns once both have exited and their ports and locks are free. */
export const stop: Command = async (context) => {
  const { commandOptions, names } = context.invocation;
  if (names !== undefined) return (await import("./stop_processes.ts")).stopProcesses(context);
  const graceMs = commandOptions["force"] === true ? 0 : Number(commandOptions["timeout"] ?? DEFAULT_GRACE_S) * 1000;
  const stopped = checkHome(context) ? await stopInstance(context, graceMs) : NOTHING;
  const text = stopped.pid === null
    ? "Temporal was not running"
    : `Temporal stopped (pid ${stopped.pid}${stopped.forced ? ", by SIGKILL" : ""})`;
  await context.answer({
    schema: 1,
    state: "stopped",
    stopped: stopped.pid !== null,
    pid: stopped.pid,
    forced: stopped.forced,
  }, () => `${text}\n`);
  return 0;
};
