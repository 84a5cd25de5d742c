import type { SentSignal } from "../../lib/platform/spawn/signals.ts";
import type { Clock } from "./clock.ts";
import type { FakeProcess, ProcessTable } from "./process_table.ts";

/** A call of kill(2). */
export interface SentTo {
  /** As it was given: negative for a group. */
  target: number;
  signal: SentSignal;
}

/** What kill(2) does on a {@linkcode ProcessTable}. */
export class Signals {
  readonly #table: ProcessTable;
  readonly #clock: Clock;
  /** What stopped processes got, and act on once they are continued. */
  readonly #pending = new Map<FakeProcess, SentSignal[]>();
  /** A group of zombies alone can be signalled, as on Linux; macOS says EPERM. */
  isOfZombiesPermitted = true;
  /** All that was sent, in order. */
  readonly sent: SentTo[] = [];

  constructor(table: ProcessTable, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  /** @throws the system's error: `ESRCH`, `EPERM` */
  readonly kill = (target: number, signal: SentSignal): void => {
    this.sent.push({ target, signal });
    if ([0, -1].includes(target)) throw new Error(`kill(${target}) would reach every process of this machine`);
    const one = target > 0 ? this.#table.get(target) : null;
    const targets = target < 0 ? this.#table.members(-target) : one === null ? [] : [one];
    if (targets.length === 0) throw killError("ESRCH");
    const permitted = targets.filter(({ isOtherUsers }) => !isOtherUsers);
    const isOfZombies = target < 0 && permitted.every(({ state }) => state === "Z");
    if (permitted.length === 0 || (isOfZombies && !this.isOfZombiesPermitted)) throw killError("EPERM");
    if (permitted.includes(this.#table.self)) throw new Error("The code under test signals itself");
    for (const each of permitted) this.#deliver(each, signal);
  };

  #deliver(to: FakeProcess, signal: SentSignal): void {
    if (to.state === "Z") return;
    to.received.push(signal);
    if (signal === "SIGKILL" && !to.isUninterruptible) {
      return this.#table.exit(to, 0, { code: null, signal });
    }
    if (to.isUninterruptible || to.argv === null) return;
    if (signal === "SIGSTOP") {
      to.state = "T";
    } else if (signal === "SIGCONT") {
      if (to.state === "T") to.state = "S";
      for (const pending of this.#pending.get(to) ?? []) this.#actOn(to, pending);
      this.#pending.delete(to);
    } else if (to.state === "T") {
      this.#pending.set(to, [...this.#pending.get(to) ?? [], signal]);
    } else {
      this.#actOn(to, signal);
    }
  }

  #actOn(to: FakeProcess, _ending: SentSignal): void {
    const { atSigterm = "exits" } = to;
    if (atSigterm === "exits") this.#table.exit(to);
    else if (atSigterm !== "ignores it") this.#clock.after(atSigterm.exitsAfterMs, () => this.#table.exit(to));
  }
}

function killError(code: "ESRCH" | "EPERM"): Error {
  return Object.assign(new Error(`kill ${code}`), { code, syscall: "kill" });
}
