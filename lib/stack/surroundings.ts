import type { Poller, TaskKind } from "../grpc/task_queues.ts";
import type { Status } from "../instance/status/status.ts";

/** What a process beside Temporal sees of the rest of its instance. */
export interface Surroundings {
  /** How clients connect to Temporal. */
  served(): Pick<Status, "address" | "namespace" | "uiUrl">;
  /** Since when Temporal serves, Unix ms; null while it does not. */
  servesSinceMs(): number | null;
  /** Whether Temporal, which serves, answers. */
  answers(): Promise<boolean>;
  /**
   * Resolves when Temporal serves and the processes `names` are ready.
   *
   * @throws {LocalError} `process-failed` when one of them has failed
   * @throws the reason of `signal`
   */
  whenReady(names: readonly string[], signal: AbortSignal): Promise<void>;
  /** Tells something that a person should know. */
  warn(message: string): void;
  /** Which of `names` are not ready, for people; null if all are and Temporal serves. */
  waitsFor(names: readonly string[]): string | null;
  /** The pollers of a task queue; a reason if Temporal does not tell. */
  pollersOf(namespace: string, taskQueue: string, kind: TaskKind): Promise<Poller[] | { why: string }>;
}
