/** When a process beside Temporal counts as ready. */
export type ReadyWhen =
  /** It runs. */
  | { kind: "running" }
  /** It polls each of these task queues. */
  | { kind: "task-queues"; taskQueues: readonly string[] }
  /** A member of its process group listens on this TCP port of the loopback address. */
  | { kind: "port"; port: number }
  /** A GET of this URL answers with a status below 400. */
  | { kind: "http"; url: string };

/** A process that runs beside Temporal, as a project declares it under `processes:`. */
export interface ProcessSettings {
  /** Unique; also the name of its log, `logs/NAME.log`. */
  name: string;
  /** A list is executed as it is; a text is run by `sh -c`. */
  command: string | readonly string[];
  /** The working directory, absolute. */
  directory: string;
  /** Added to the environment that `run` would give it. */
  environment: Readonly<Record<string, string>>;
  /** The namespace that it works in; null = the instance's. */
  namespace: string | null;
  readyWhen: ReadyWhen;
  /** Names of the processes that must be ready before its launch. Without cycles. */
  dependsOn: readonly string[];
  /** Files and folders, absolute, whose change restarts it. */
  watch: readonly string[];
  /** From SIGTERM to SIGKILL, in ms. */
  stopTimeoutMs: number;
  /** It is restarted when it has not polled for so long, in ms; null = never. */
  restartWhenSilentMs: number | null;
}

/** The default grace period of a process, in ms. */
export const DEFAULT_STOP_TIMEOUT_MS = 10_000;
