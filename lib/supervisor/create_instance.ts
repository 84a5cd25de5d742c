import { instancePaths } from "../core/instance_paths.ts";
import type { Host } from "../system/host.ts";
import { processesHere } from "../system/processes_here.ts";
import { openEventLog } from "./event_log.ts";
import type { Instance, SupervisorOrder } from "./instance.ts";
import { policiesOf } from "../core/policy.ts";

/** The instance that `order` is about, on the real system. */
export function createInstance(host: Host, order: SupervisorOrder, logPath: string | "stderr" | null): Instance {
  const paths = instancePaths(order.home);
  return {
    host,
    processes: processesHere(host.platform),
    paths,
    log: openEventLog(logPath, paths.history, Date.now),
    ...policiesOf(order.policy),
  };
}
