import type { AutoPort } from "../config/auto_ports.ts";
import { completePolicy, type Policy } from "../config/policy.ts";
import type { ProcessSettings } from "../config/processes.ts";
import type { RequestedSettings, Settings } from "../config/settings.ts";
import type { Host } from "../platform/runtime/host.ts";
import type { System } from "../platform/system.ts";
import { systemHere } from "../platform/system_here.ts";
import { type EventLog, openEventLog } from "./event_log.ts";
import { type InstancePaths, instancePaths } from "./paths.ts";

/** An instance and the system it runs on, which tests replace. */
export interface Instance extends System {
  host: Host;
  paths: InstancePaths;
  log: EventLog;
  /** A restart may change it. */
  policy: Policy;
}

/** What to launch. */
export interface LaunchPlan {
  /** Path of the binary, as resolved (flag, config, managed, PATH). */
  binary: string;
  settings: Settings;
  /** The ports that may be replaced by free ones when they are taken (`auto`). */
  auto: readonly AutoPort[];
}

/** Exit code of a supervisor that gave way to another one; the caller should retry (EX_TEMPFAIL, sysexits(3)). */
export const SUPERSEDED_EXIT = 75;
/** Exit code of an ephemeral supervisor that could not create its home (EX_CANTCREAT, sysexits(3)). */
export const NO_HOME_EXIT = 73;

/** What `start` asks of the supervisor that it spawns; passed as the single command-line argument. */
export interface LaunchRequest {
  home: string;
  binary: string | null;
  /** The requested settings. The others come from a running unsupervised Temporal, or are the defaults. */
  requested: RequestedSettings;
  /** The binary was requested explicitly: a running Temporal with another binary is replaced. */
  binaryRequested: boolean;
  /** The requested part of the policy. */
  policy: Partial<Policy>;
  /** Replace a running Temporal instead of adopting it. */
  replace: boolean;
  /** The processes beside Temporal; absent = those that an earlier supervisor left keep running. */
  processes?: readonly ProcessSettings[];
  /** Only these of them; absent = all. */
  names?: readonly string[];
  /** The folder of the project file that the instance belongs to; absent = none. */
  project?: string;
  /**
   * The owner of an ephemeral instance: when it exits, Temporal is stopped and the home deleted. Absent for other
   * instances.
   *
   * @param logsDir Where to keep the logs; absent = delete them.
   */
  ephemeralFor?: { pid: number; startTime: string; logsDir?: string };
}

/** The instance that a launch request describes. */
export function createInstance(
  host: Host,
  { home, policy }: Pick<LaunchRequest, "home" | "policy">,
  logPath: string | "stderr" | null,
  system: System = systemHere(host.platform),
): Instance {
  const paths = instancePaths(home);
  return {
    ...system,
    host,
    paths,
    log: openEventLog(logPath, paths.history, Date.now),
    policy: completePolicy(policy),
  };
}
