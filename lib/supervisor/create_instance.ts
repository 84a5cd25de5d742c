import { DEFAULT_RESTART_POLICY } from "../core/backoff.ts";
import { instancePaths } from "../core/instance_paths.ts";
import { DEFAULT_LOG_POLICY } from "../core/rotation.ts";
import type { Host } from "../system/host.ts";
import { processesHere } from "../system/processes_here.ts";
import { openEventLog } from "./event_log.ts";
import { DEFAULT_HEALTH_POLICY, type Instance, type SupervisorOrder } from "./instance.ts";

/** The instance that `order` is about, on the real system. */
export function createInstance(host: Host, order: SupervisorOrder, logPath: string | "stderr" | null): Instance {
  const paths = instancePaths(order.home);
  return {
    host,
    processes: processesHere(host.platform),
    paths,
    log: openEventLog(logPath, paths.history, Date.now),
    restartPolicy: { ...DEFAULT_RESTART_POLICY, ...(order.maxRestarts === null ? {} : { limit: order.maxRestarts }) },
    healthPolicy: DEFAULT_HEALTH_POLICY,
    logPolicy: DEFAULT_LOG_POLICY,
  };
}
