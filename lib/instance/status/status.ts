import type { Failure } from "../../errors/failure.ts";

/** One layer of evidence that was looked at. */
export interface Check {
  name:
    | ("lock" | "record" | "process" | "identity" | "port" | "grpc" | "ui" | "supervisor")
    // of a Temporal that is not ours
    | ("tls" | "server" | "namespace");
  ok: boolean;
  /** How long the look took, in ms. */
  ms: number;
  detail: string;
}

/**
 * The state of an instance as it is told: the supervisor's own, or `unsupervised`; `unknown` of a Temporal that is not
 * ours and can't be asked.
 */
export type StatusState =
  | ("starting" | "running" | "unhealthy" | "backoff" | "stopping" | "stopped" | "failed")
  | "unsupervised"
  | "unknown";

/** What `state` says of Temporal, as the beginning of a sentence. */
export function stateInWords(state: StatusState): string {
  switch (state) {
    case "failed":
      return "Temporal has failed";
    case "backoff":
      return "Temporal is down, and about to be started again (backoff)";
    case "unknown":
      return "Whether Temporal runs is not known";
    default:
      return `Temporal is ${state}`;
  }
}

/** How a Temporal that is not ours is talked to. Holds no secret. */
export interface ExternalConnection {
  /** Such as `1.29.1`; null as long as it was not told. */
  serverVersion: string | null;
  tls: boolean;
  clientCertificate: boolean;
  apiKey: boolean;
  /** Who said what: `address` → `--address`, `apiKey` → `$TEMPORAL_API_KEY` … */
  from: Readonly<Record<string, string>>;
}

/** The answer of `status`, `schema` 1: fields may be added, none is renamed. */
export interface Status {
  schema: 1;
  state: StatusState;
  /** Every check of Temporal passed, just now. */
  healthy: boolean;
  /** This instance is ours to start and stop. */
  managed: boolean;
  /** `host:port` of the gRPC frontend. */
  address: string;
  /** Null when headless. */
  uiUrl: string | null;
  namespace: string;
  temporal: {
    pid: number;
    pgid: number;
    /** Null until the binary was asked. */
    version: string | null;
    binary: string | null;
    /** ISO 8601. */
    startedAt: string;
    adopted: boolean;
  } | null;
  supervisor: { pid: number; runtime: "deno" | "node"; version: string; startedAt: string } | null;
  restarts: number;
  lastExit: Exit | null;
  checks: Check[];
  /** `database`: null = in memory. Both are null where Temporal is not ours. */
  paths: { home: string; database: string | null; log: string | null };
  /** Why it is `failed`, and what to do. */
  failure?: Failure;
  /** Only of a Temporal that is not ours: how it is talked to, and its server's version where it told. */
  external?: ExternalConnection;
  /** Only in the answer of `start`: it ran already. */
  reused?: boolean;
  /** Only in the answer to a stop: the Temporal that it ended, null when there was none; `forced`: it took SIGKILL. */
  stopped?: { pid: number | null; forced: boolean };
  /** What a person should know, a line each. */
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
    case "starting":
    case "unhealthy":
    case "backoff":
    case "stopping":
    case "unsupervised":
    case "unknown":
      return 4;
  }
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
