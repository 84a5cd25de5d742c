import type { AutoPort } from "../config/auto_ports.ts";
import { type Policies, policiesOf, type Policy } from "../config/policy.ts";
import type { RequestedSettings, Settings } from "../config/settings.ts";
import type { Host } from "../platform/runtime/host.ts";
import type { System } from "../platform/system.ts";
import { systemHere } from "../platform/system_here.ts";
import { type EventLog, openEventLog } from "./event_log.ts";
import { type InstancePaths, instancePaths } from "./paths.ts";

/** How long Temporal gets from SIGTERM to SIGKILL, in ms. Its own drain may take 10 s. */
export const DEFAULT_GRACE_MS = 12_000;

/** What a supervisor works with: the surroundings that a test replaces, and what this instance is. A restart may change the policies. */
export interface Instance extends Policies, System {
  host: Host;
  paths: InstancePaths;
  log: EventLog;
}

/** What to launch. */
export interface LaunchPlan {
  /** The binary's path, as the resolution chain gave it. */
  binary: string;
  settings: Settings;
  /** Which of its ports may be others, where these are taken. */
  auto: readonly AutoPort[];
}

/** How a supervisor's process exits that gave way to another one (EX_TEMPFAIL, sysexits(3)): to be tried anew. */
export const SUPERSEDED_EXIT = 75;
/** How the supervisor of an ephemeral instance exits that could not make its home (EX_CANTCREAT). */
export const NO_HOME_EXIT = 73;

/** What the `start` CLI tells the supervisor that it spawns, as the one argument of its command line. */
export interface LaunchRequest {
  home: string;
  binary: string | null;
  /** The settings that were asked for; the rest is that of the Temporal which runs unsupervised, or the default. */
  requested: RequestedSettings;
  /** The binary itself was asked for, so another one that runs is replaced. */
  binaryRequested: boolean;
  /** How to look after it, as far as that was asked for. */
  policy: Partial<Policy>;
  /** Replace a Temporal that runs, instead of adopting it. */
  replace: boolean;
  /** The process whose end is the end of this instance and of all that is in its home; missing = it lives on. */
  ephemeralFor?: { pid: number; startTime: string };
}

/** The instance that `launchRequest` is about. */
export function createInstance(
  host: Host,
  launchRequest: LaunchRequest,
  logPath: string | "stderr" | null,
  system: System = systemHere(host.platform),
): Instance {
  const paths = instancePaths(launchRequest.home);
  return {
    ...system,
    host,
    paths,
    log: openEventLog(logPath, paths.history, Date.now),
    ...policiesOf(launchRequest.policy),
  };
}
