import type { Failure } from "../../errors/failure.ts";

/** The result of one check. */
export interface Check {
  name:
    | ("lock" | "record" | "process" | "identity" | "port" | "grpc" | "ui" | "data" | "reach" | "supervisor")
    // of an external Temporal
    | ("tls" | "server" | "namespace");
  ok: boolean;
  /** How long the check took, in ms. */
  ms: number;
  detail: string;
}

/**
 * The reported state of an instance: the supervisor's own, `unsupervised`, or `unknown` for an external Temporal that
 * can't be reached, and for one that runs where it cannot be seen from here.
 */
export type StatusState =
  | ("starting" | "running" | "unhealthy" | "backoff" | "stopping" | "stopped" | "failed")
  | "unsupervised"
  | "unknown";

/** The state of Temporal as the beginning of a sentence. */
export function stateInWords(state: StatusState): string {
  switch (state) {
    case "failed":
      return "Temporal has failed";
    case "backoff":
      return "Temporal is down and will be restarted (backoff)";
    case "unknown":
      return "The state of Temporal is unknown";
    default:
      return `Temporal is ${state}`;
  }
}

/** When a process was last seen to poll a task queue, ISO 8601; null = not since its launch. */
export interface PolledTaskQueue {
  name: string;
  workflow: string | null;
  activity: string | null;
}

/** A process beside Temporal. */
export interface ProcessStatus {
  name: string;
  state: Exclude<StatusState, "unknown">;
  /** It is running and meets its condition: it polls its task queues, listens, or responds. */
  ready: boolean;
  /** What it waits for, or why it is not healthy; null when there is nothing to say. */
  detail: string | null;
  /** Also its process group; null while it is not running. */
  pid: number | null;
  /** ISO 8601; null while it is not running. */
  startedAt: string | null;
  adopted: boolean;
  restarts: number;
  lastExit: Exit | null;
  /** Only of one that is to poll task queues. */
  taskQueues?: PolledTaskQueue[];
  /** Why the state is `failed`, and how to fix it. */
  failure?: Failure;
  /** The path of its log. */
  log: string;
}

/** How an external Temporal is connected to. Contains no secrets. */
export interface ExternalConnection {
  /** Such as `1.29.1`; null until it is known. */
  serverVersion: string | null;
  tls: boolean;
  clientCertificate: boolean;
  apiKey: boolean;
  /** The source of each value: `address` → `--address`, `apiKey` → `$TEMPORAL_API_KEY` … */
  from: Readonly<Record<string, string>>;
}

/** The output of `status --json`, `schema` 1: fields may be added but not renamed. */
export interface Status {
  schema: 1;
  state: StatusState;
  /** Every check of Temporal passed. */
  healthy: boolean;
  /** Whether this tool starts and stops it (false for an external Temporal). */
  managed: boolean;
  /** `host:port` of the gRPC frontend. */
  address: string;
  /** Null when headless. */
  uiUrl: string | null;
  namespace: string;
  /** The requested namespaces, and `default`; others may exist. Missing for an external Temporal. */
  namespaces?: string[];
  temporal: {
    pid: number;
    pgid: number;
    /** Null until it is known. */
    version: string | null;
    binary: string | null;
    /** ISO 8601. */
    startedAt: string;
    adopted: boolean;
  } | null;
  supervisor: {
    pid: number;
    runtime: "deno" | "node";
    version: string;
    startedAt: string;
    /** Its network namespace, such as `net:[4026531840]`; null where there are none. */
    network?: string | null;
  } | null;
  restarts: number;
  lastExit: Exit | null;
  checks: Check[];
  /**
   * `database`: null = in memory. `database` and `log` are null for an external Temporal. `project`: the project file that
   * counts where the command was called, null = none; the supervisor does not know it.
   */
  paths: { home: string; database: string | null; log: string | null; project?: string | null };
  /** Why the state is `failed`, and how to fix it. */
  failure?: Failure;
  /** The processes beside Temporal, in the order of the project file; missing if it declares none. */
  processes?: ProcessStatus[];
  /** Only for an external Temporal: its connection and server version. */
  external?: ExternalConnection;
  /** Only in the answer of `start`: Temporal was already running. */
  reused?: boolean;
  /** Only in the answer of `stop`. */
  stopped?: Stopped;
  /** Warnings for the user, one line each. */
  warnings?: string[];
}

/**
 * The exit code of `status`, as the LSB defines it for init scripts: 0 running and healthy, 1 dead, 3 not running,
 * 4 anything between.
 */
export function statusExitCode(status: Pick<Status, "state" | "healthy">): number {
  switch (status.state) {
    case "running":
      return status.healthy ? 0 : 4;
    case "failed":
      return 1;
    case "stopped":
      return 3;
    default:
      return 4;
  }
}

/** What a stop has ended. */
export interface Stopped {
  /** The Temporal that was stopped; null if none was running. */
  pid: number | null;
  /** It was killed with SIGKILL. */
  forced: boolean;
}

/** How Temporal's process ended. */
export interface Exit {
  code: number | null;
  signal: string | null;
  /** ISO 8601. */
  at: string;
  /** For people: `crashed`, `hung (3 health checks failed)`, `stopped` … */
  reason: string;
}
