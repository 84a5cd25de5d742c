import { setImmediate } from "node:timers";

/** The time of a {@linkcode FakeSystem}. */
export interface Clock {
  nowMs(): number;
  /** Resolves after `ms`; rejects with the reason of `signal` at once when it aborts. */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
  /** Lets `event` happen after `ms`. */
  after(ms: number, event: () => void): void;
  /** Lets `ms` pass, in which this process does nothing else. */
  block(ms: number): void;
  /** Drops everything that is due: delays under way never end. */
  stop(): void;
}

/** Something that is due. */
interface Due {
  atMs: number;
  run: () => void;
  /** A delay that code under test waits for. */
  isDelay: boolean;
}

/**
 * Virtual time. It stands still while code runs, and jumps to the earliest delay once all code waits for one: a grace
 * period of 12 s takes no time, and every deadline is met or missed in the same way each time.
 */
export class FakeClock implements Clock {
  #nowMs = 5_000_000;
  #due: Due[] = [];
  #isPumping = false;

  readonly nowMs = (): number => this.#nowMs;

  /** Resolves after `ms` of virtual time; rejects with the reason of `signal` at once when it aborts. */
  readonly delay = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#due = this.#due.filter((each) => each !== due);
        reject(signal?.reason);
      };
      const due = this.#add(ms, true, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#pump();
    });

  /** Lets `event` happen after `ms`. It alone does not make time pass. */
  after(ms: number, event: () => void): void {
    this.#add(ms, false, event);
  }

  block(ms: number): void {
    this.#nowMs += ms;
  }

  stop(): void {
    this.#due = [];
  }

  #add(ms: number, isDelay: boolean, run: () => void): Due {
    const due = { atMs: this.#nowMs + Math.max(0, ms), run, isDelay };
    const later = this.#due.findIndex(({ atMs }) => atMs > due.atMs);
    this.#due.splice(later === -1 ? this.#due.length : later, 0, due);
    return due;
  }

  /** After each delay all code gets a turn of the event loop, so that whatever it leads to has begun. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    setImmediate(() => {
      this.#isPumping = false;
      while (this.#due.some(({ isDelay }) => isDelay)) {
        const next = this.#due.shift()!;
        this.#nowMs = Math.max(this.#nowMs, next.atMs);
        next.run();
        if (!next.isDelay) continue;
        this.#pump();
        return;
      }
    });
  }
}
