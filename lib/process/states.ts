import type { Policy } from "../config/policy.ts";
import type { Failure } from "../errors/failure.ts";
import type { Exit } from "../instance/status/status.ts";

/**
 * Where a supervised process is in its life. `starting` with `first` has not served since a `start` or `restart` asked
 * for it: if it fails, it fails for good. `backoff` lies between two lives: `ending` while what is left of the last one
 * is terminated, `waiting` until the next launch is due. The last three are terminal.
 */
export type State =
  | { kind: "starting"; first: boolean }
  | { kind: "running"; sinceMs: number }
  | { kind: "unhealthy"; sinceMs: number; failures: number }
  | { kind: "backoff"; phase: "ending" | "waiting"; delayMs: number }
  | { kind: "stopping"; then: "stop" | "launch" | "fail" }
  | { kind: "stopped" }
  | { kind: "failed"; failure: Failure }
  /** Another supervisor holds the locks: the process and every file are its to decide about. */
  | { kind: "superseded" };

/** What can happen. `attempt` is the number of the launch that the event is about or follows: a late one is dropped. */
export type Event =
  /** The process is ready: launched, or adopted from an earlier supervisor. */
  | { kind: "ready"; attempt: number }
  /**
   * The launch ended without a ready process, and nothing of it is left. `final`: a retry cannot help. `passing`: what it needs
   * was down, so that also a first launch is tried again.
   */
  | { kind: "launchFailed"; attempt: number; failure: Failure; final: boolean; passing?: boolean }
  /** The process exited by itself (code 0 included) or was killed; members of its group may live on. */
  | { kind: "exited"; attempt: number; pid: number; code: number | null; signal: string | null; at: string }
  | { kind: "healthy" }
  | { kind: "sick" }
  /** No member of the process group is alive, and its lock is free. */
  | { kind: "gone" }
  /** The process group could not be terminated. */
  | { kind: "stuck"; failure: Failure }
  /** The wait of `backoff` is over; without `attempt`: it is cut short. */
  | { kind: "due"; attempt?: number }
  | { kind: "stop"; graceMs: number }
  | { kind: "restart"; graceMs: number }
  /** Another supervisor has taken the locks. */
  | { kind: "superseded" }
  /** The home does not exist any more, or another folder is in its place. */
  | { kind: "homeDeleted"; graceMs: number };

/** What the supervisor has to do after a step, in this order. */
export type Action =
  | { kind: "launch"; attempt: number; first: boolean }
  /** Terminate the process group; `gone` or `stuck` follows. `graceMs` 0: SIGKILL at once. A second one only shortens the first. */
  | { kind: "terminate"; graceMs: number }
  | { kind: "watch" }
  | { kind: "unwatch" }
  /** `due` follows after a while. */
  | { kind: "schedule"; attempt: number; delayMs: number }
  /** Free every lock and connection at once, and leave the process alone. */
  | { kind: "releaseLocks" };

/** The state with what must be remembered across states. */
export interface Machine {
  state: State;
  /** The number of the last launch. */
  attempt: number;
  /** The last launch whose process was seen to exit. */
  exitedAttempt: number;
  /** How the last process exited. */
  lastExit: Exit | null;
  /** Why the process that is being terminated counts as hung; null when it does not. */
  hang: string | null;
  /** Why the last launch failed; null if it succeeded. */
  launchFailure: Failure | null;
  /** Restarts after a crash or a hang, since the supervisor came up. */
  restarts: number;
  /** When those that still count towards the limit happened. */
  restartsAtMs: readonly number[];
  /** How many lives in a row were shorter than the minimum uptime. */
  shortLives: number;
  isHomeDeleted: boolean;
}

/** What a step may depend on besides the state and the event. */
export interface StepContext {
  /** How messages name the process. */
  name: string;
  nowMs: number;
  /** In [0, 1). */
  random: number;
  policy: Pick<Policy, "maxRestarts" | "restartWindowS" | "restartMaxDelayS" | "restartMinUptimeS" | "healthFailures">;
}

/** A step's result. */
export interface Step {
  machine: Machine;
  actions: Action[];
}

/** Whether nothing is left to supervise: the supervisor tidies up what is its own still, then exits. */
export function isOver({ kind }: State): boolean {
  return kind === "stopped" || kind === "failed" || kind === "superseded";
}

/** Whether the supervisor is about to exit, or has nothing left to do but that. */
export function isLeaving(state: State): boolean {
  return isOver(state) || (state.kind === "stopping" && state.then !== "launch");
}

/** Whether the files of the instance are its own still: only then a supervisor that leaves tidies them up. */
export function ownsFiles({ state, isHomeDeleted }: Machine): boolean {
  return state.kind !== "superseded" && !isHomeDeleted;
}

/** Why the process was given up; null if it was not. */
export function failureIn(state: State): Failure | null {
  return state.kind === "failed" ? state.failure : null;
}
