import { checkHome, type Command, tellWarnings } from "../cli/context.ts";
import { createLaunchRequest } from "../client/launch_request.ts";
import { askSupervisor, readStatus } from "../control/client.ts";
import { fromFailure } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import { createInstance } from "../instance/context.ts";
import { prepareHome } from "../instance/home.ts";
import { instancePaths } from "../instance/paths.ts";
import { makeFolder } from "../platform/files/make_folder.ts";
import { tryLock } from "../platform/locks/lock_file.ts";
import { runSupervisor } from "../supervisor/run.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";

/** SIGQUIT: Ctrl-\ on a terminal; SIGUSR2: nodemon. Unhandled, each would leave Temporal running. */
const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"] as const;

/**
 * Runs the supervisor in this process until one of {@linkcode STOP_SIGNALS}, then stops Temporal gracefully. On a terminal it
 * shows the card, the logs and the supervisor's events. Otherwise, and with `--json`, the supervisor's log goes to
 * stderr, for service managers and containers. Fails if the instance already has a supervisor: this process could not
 * wait for it.
 */
export const startForeground: Command = async (context) => {
  const { host, invocation: { home, json, quiet } } = context;
  checkHome(context);
  await tellWarnings(context, { warnings: prepareHome(home) });
  await makeFolder(instancePaths(home).logsDir);
  const launchRequest = await createLaunchRequest(context, false);
  const lock = await tryLock(instancePaths(home).supervisorLock);
  if (lock === null) {
    const answer = await askSupervisor(host, home, "GET", "/status");
    const pid = answer.kind === "answer" ? readStatus(answer.response).supervisor?.pid ?? null : null;
    const message = `The instance at ${home} already has a supervisor${pid === null ? "" : ` (pid ${pid})`}`;
    throw new LocalError("settings-differ", message, {
      hint: "Run `stigmer-local stop` first, or use another --home",
      facts: { home, supervisor: pid },
    });
  }
  const stop = new AbortController();
  const stopListening = host.onSignal(STOP_SIGNALS, () => stop.abort());
  const isForPerson = host.isTerminal("stderr") && !json;
  const instance = createInstance(host, launchRequest, isForPerson ? instancePaths(home).supervisorLog : "stderr");
  const supervise = (onBegin?: (supervisor: Supervisor) => void) =>
    runSupervisor(instance, launchRequest, lock, stop.signal, onBegin);
  const failure = !isForPerson || quiet
    ? await supervise()
    : await (await import("./foreground_output.ts")).showSupervisor(context, instance, supervise);
  stopListening();
  if (failure !== null) throw fromFailure(failure);
  return 0;
};
