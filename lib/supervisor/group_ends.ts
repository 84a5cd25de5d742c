import { endProcessGroup, type EndResult, type EndTarget } from "./end_temporal.ts";
import type { Instance } from "./instance.ts";

/** The end of a group: its leader, whether it took SIGKILL, and when (`performance.now()`). */
export interface GroupEnd {
  pid: number;
  forced: boolean;
  atMs: number;
}

/** Ends process groups that were proved to be an instance's, and remembers the last one. */
export class GroupEnds {
  readonly #instance: Instance;
  readonly #deposed: AbortSignal;
  #last: GroupEnd | null = null;

  /** @param deposed Aborts when another supervisor takes our place: then nothing is signalled any more. */
  constructor(instance: Instance, deposed: AbortSignal) {
    this.#instance = instance;
    this.#deposed = deposed;
  }

  get last(): GroupEnd | null {
    return this.#last;
  }

  /**
   * Ends a group as {@linkcode endProcessGroup} does.
   *
   * @param patience Ends the grace period when it aborts.
   */
  async end(target: EndTarget, graceMs: number, patience: AbortSignal): Promise<EndResult> {
    const cut = { signal: patience, isDeposed: () => this.#deposed.aborted };
    const result = await endProcessGroup(this.#instance, target, graceMs, cut);
    const { pgid: pid } = target;
    const { forced, ms } = result;
    this.#instance.log.note("ended", { pid, forced, ms: Math.round(ms), graceMs });
    this.#last = { pid, forced, atMs: performance.now() };
    return result;
  }
}
