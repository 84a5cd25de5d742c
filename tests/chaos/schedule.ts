import type { Runtime } from "../e2e/support.ts";
import { PROCESS_NAMES, VARIANTS } from "./stack/project.ts";
import { createRandom, type Random } from "./random.ts";

/** A command of the tool on one of the homes. */
export interface ToolCall {
  home: number;
  runtime: Runtime;
  command: "start" | "stop" | "restart" | "status" | "wait";
  /** Flags of the command itself. */
  flags: readonly string[];
}

/** A signal to send; `STOP` is followed by `CONT` after `forMs`. */
export type Blow = { signal: "SIGKILL" | "SIGTERM" | "SIGINT" } | { signal: "SIGSTOP"; forMs: number };

/** A change to the files of a home. */
export type Vandalism =
  | { kind: "delete"; files: readonly string[] }
  /** The file is replaced by an empty one. */
  | { kind: "replace"; file: string }
  /** A record is changed. `bystander`: the process that it points at, if any; `program`: 0 for Temporal's record, else one
   * of a process beside it, where the home has some. */
  | { kind: "corrupt"; how: Corruption; bystander: number; program: number };

export const CORRUPTIONS = [
  "empty",
  "truncated",
  "binary",
  "huge",
  "symlink",
  "folder",
  "pid 0",
  "pid 1",
  "pid -1",
  "bystander, one line",
  "bystander, three lines",
  "bystander, start time of Temporal",
  "bystander, executable of Temporal",
  "bystander, before a reboot",
] as const;
export type Corruption = typeof CORRUPTIONS[number];

/** What happens to the home with processes beside its Temporal. */
export type StackDeed =
  /** Signals to a process: to the leader of its group, or to all members; or to everything of the home at once. */
  | { kind: "hit"; victims: "leader" | "group" | "everything"; process: string; blow: Blow }
  | { kind: "change source" | "change project"; number: number }
  | { kind: "delete records" };

/** One action, with all random choices made. */
export type Action =
  | { kind: "calls"; calls: readonly ToolCall[] }
  /** A command that is signalled while it runs. */
  | { kind: "hit call"; call: ToolCall; afterMs: number; blow: Blow }
  | { kind: "hit"; home: number; victims: "temporal" | "supervisor" | "both"; blow: Blow }
  | { kind: "vandalize"; home: number; deed: Vandalism }
  | { kind: "stack"; deed: StackDeed }
  /** The fresh home's database is removed, and its first start is killed as soon as Temporal was spawned. */
  | { kind: "first start"; home: number; call: ToolCall; afterMs: number; victims: "temporal" | "both" };

/** An action, and the delay before it. */
export interface Appointment {
  delayMs: number;
  action: Action;
}

/** The files that may be deleted under a running instance. */
const FILES = ["control.sock", "temporal.pid", "temporal.lock", "supervisor.lock"] as const;

/**
 * The endless list of actions for `seed`. Depends on the seed and the number of homes only.
 *
 * @param special `fresh`: the home whose database may be removed; `stack`: the one with processes beside its Temporal.
 */
export function* schedule(seed: number, homes: number, special: Special): Generator<Appointment, never> {
  const random = createRandom(seed);
  // First a start on each home, so that there is something to break.
  for (let home = 0; home < homes; home++) {
    yield { delayMs: 100, action: { kind: "calls", calls: [callOf(random, home, "start")] } };
  }
  for (;;) {
    const delayMs = random.isChance(0.25) ? random.integer(0, 20) : random.integer(50, 700);
    yield { delayMs, action: drawAction(random, homes, special) };
  }
}

/** The homes that are not like the others. */
interface Special {
  fresh: number;
  stack: number;
}

function drawAction(random: Random, homes: number, { fresh, stack }: Special): Action {
  const home = random.integer(0, homes - 1);
  const kind = random.weighted([
    [34, "call"],
    [10, "burst"],
    [10, "hit call"],
    [26, "hit"],
    [12, "vandalize"],
    [5, "first start"],
    [26, "stack"],
    [10, "named call"],
  ]);
  switch (kind) {
    case "call":
      return { kind: "calls", calls: [drawCall(random, home)] };
    case "burst": {
      const isOneHome = random.isChance(0.7);
      const count = random.integer(2, 5);
      const calls = Array.from(
        { length: count },
        () => drawCall(random, isOneHome ? home : random.integer(0, homes - 1)),
      );
      return { kind: "calls", calls };
    }
    case "hit call": {
      const command = random.weighted([[7, "start"], [2, "restart"], [2, "stop"]] as const);
      const afterMs = random.isChance(0.5) ? random.integer(0, 150) : random.integer(150, 900);
      return { kind, call: callOf(random, home, command), afterMs, blow: drawBlow(random, 1500) };
    }
    case "hit": {
      const victims = random.weighted([[5, "temporal"], [4, "supervisor"], [3, "both"]] as const);
      return { kind, home, victims, blow: drawBlow(random, 7000) };
    }
    case "stack":
      return { kind, deed: drawStackDeed(random) };
    case "named call": {
      const command = random.weighted([[3, "start"], [3, "restart"], [2, "stop"]] as const);
      const runtime = random.pick(["deno", "node"] as const);
      return { kind: "calls", calls: [{ home: stack, runtime, command, flags: [random.pick(PROCESS_NAMES)] }] };
    }
    case "vandalize":
      return { kind, home, deed: drawVandalism(random) };
    default: {
      const victims = random.weighted([[2, "temporal"], [1, "both"]] as const);
      const afterMs = random.integer(0, 220);
      return { kind: "first start", home: fresh, call: callOf(random, fresh, "start"), afterMs, victims };
    }
  }
}

function drawCall(random: Random, home: number): ToolCall {
  const command = random.weighted(
    [[45, "start"], [16, "stop"], [8, "restart"], [22, "status"], [9, "wait"]] as const,
  );
  return callOf(random, home, command);
}

function callOf(random: Random, home: number, command: ToolCall["command"]): ToolCall {
  const runtime = random.pick(["deno", "node"] as const);
  return { home, runtime, command, flags: drawFlags(random, command) };
}

function drawFlags(random: Random, command: ToolCall["command"]): string[] {
  switch (command) {
    case "stop":
      return random.weighted([[5, []], [2, ["--force"]], [2, ["--timeout", "1"]]]);
    case "wait":
      return ["--timeout", `${random.integer(1, 8)}`];
    case "start":
      return random.weighted([[8, []], [1, ["--no-wait"]]]);
    default:
      return [];
  }
}

function drawBlow(random: Random, longestStopMs: number): Blow {
  const signal = random.weighted([[5, "SIGKILL"], [2, "SIGTERM"], [3, "SIGSTOP"], [1, "SIGINT"]] as const);
  return signal === "SIGSTOP" ? { signal, forMs: random.integer(50, longestStopMs) } : { signal };
}

function drawVandalism(random: Random): Vandalism {
  switch (random.weighted([[4, "delete"], [2, "replace"], [6, "corrupt"]] as const)) {
    case "delete": {
      const isSeveral = random.isChance(0.3);
      const files = isSeveral ? FILES.filter(() => random.isChance(0.5)) : [random.pick(FILES)];
      return { kind: "delete", files };
    }
    case "replace":
      return { kind: "replace", file: random.pick(["temporal.lock", "supervisor.lock"]) };
    default:
      return { kind: "corrupt", how: random.pick(CORRUPTIONS), ...drawRecord(random) };
  }
}

function drawRecord(random: Random): { bystander: number; program: number } {
  return { bystander: random.integer(0, 1), program: random.integer(0, PROCESS_NAMES.length) };
}

function drawStackDeed(random: Random): StackDeed {
  switch (random.weighted([[12, "hit"], [4, "change source"], [2, "change project"], [2, "delete records"]] as const)) {
    case "hit": {
      const victims = random.weighted([[5, "leader"], [3, "group"], [1, "everything"]] as const);
      return { kind: "hit", victims, process: random.pick(PROCESS_NAMES), blow: drawBlow(random, 7000) };
    }
    case "change source":
      return { kind: "change source", number: random.integer(0, 999) };
    case "change project":
      return { kind: "change project", number: random.integer(0, VARIANTS - 1) };
    default:
      return { kind: "delete records" };
  }
}
