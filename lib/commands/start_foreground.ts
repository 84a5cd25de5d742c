import { fromFailure } from "../core/failure.ts";
import { instancePaths } from "../core/instance_paths.ts";
import { LocalError } from "../core/local_error.ts";
import { askSupervisor, readStatus } from "../supervisor/control_client.ts";
import { createInstance } from "../supervisor/create_instance.ts";
import { runSupervisor } from "../supervisor/run_supervisor.ts";
import { prepareHome } from "../system/home.ts";
import { tryLock } from "../system/lock_file.ts";
import { makeFolder } from "../system/make_folder.ts";
import { checkHome, type Command } from "./context.ts";
import { supervisorOrder } from "./supervisor_order.ts";

/**
 * Supervises in this process until SIGTERM, SIGINT or SIGHUP, then stops Temporal gracefully. The supervisor's log goes
 * to stderr. An instance that has a supervisor elsewhere is an error: there is nothing here that could wait for it.
 */
export const startForeground: Command = async (context) => {
  const { host, invocation: { home } } = context;
  checkHome(context);
  for (const warning of prepareHome(home).warnings) await context.tell(`warning: ${warning}`);
  await makeFolder(instancePaths(home).logsDir);
  const order = await supervisorOrder(context, false);
  const lock = await tryLock(instancePaths(home).supervisorLock);
  if (lock === null) {
    const answer = await askSupervisor(host, home, "GET", "/status");
    const pid = answer.kind === "answer" ? readStatus(answer.response).supervisor?.pid ?? null : null;
    throw new LocalError(
      "settings-differ",
      `The instance at ${home} is supervised already${pid === null ? "" : ` (pid ${pid})`}`,
      {
        hint: "`stigmer-local stop` first, or use another --home",
        facts: { home, supervisor: pid },
      },
    );
  }
  const stop = new AbortController();
  const stopListening = host.onSignal(["SIGINT", "SIGTERM", "SIGHUP"], () => stop.abort());
  const failure = await runSupervisor(createInstance(host, order, "stderr"), order, lock, stop.signal);
  stopListening();
  if (failure !== null) throw fromFailure(failure);
  return 0;
};
