import type { Status } from "../../instance/status/status.ts";
import type { GroupUsage } from "../../platform/processes/group_usage.ts";
import type { ShownUsage } from "./view.ts";

/** A reading is not compared with one that is younger than this, in ms: the kernel counts processor time in ticks of 10 ms. */
const MIN_SPAN_MS = 500;

/** The usage of process groups at one moment, and what the table showed then. */
export interface Reading {
  atMs: number;
  usage: ReadonlyMap<number, GroupUsage>;
  shown: ReadonlyMap<number, ShownUsage>;
}

export const NO_READING: Reading = { atMs: -Infinity, usage: new Map(), shown: new Map() };

/** The process groups of a status. Those of an external Temporal are not on this machine. */
export function groupsOf({ managed, temporal, processes = [] }: Status): number[] {
  const pids = processes.flatMap(({ pid }) => pid === null ? [] : [pid]);
  return managed ? [...(temporal === null ? [] : [temporal.pgid]), ...pids] : [];
}

/**
 * The reading after `before`, at `atMs`. Soon after it, the shares of the processor and what they are compared with stay as
 * they were.
 */
export function nextReading(before: Reading, usage: ReadonlyMap<number, GroupUsage>, atMs: number): Reading {
  const elapsedMs = atMs - before.atMs;
  const isSoon = elapsedMs < MIN_SPAN_MS;
  const shown = new Map([...usage].map(([pgid, now]): [number, ShownUsage] => {
    const old = before.usage.get(pgid);
    // A member that has exited takes its time with it.
    const share = old === undefined ? null : Math.max(0, now.cpuMs - old.cpuMs) / elapsedMs;
    const cpu = isSoon ? before.shown.get(pgid)?.cpu ?? null : share;
    return [pgid, { memoryBytes: now.memoryBytes, cpu }];
  }));
  return isSoon ? { ...before, shown } : { atMs, usage, shown };
}
