import { statSync } from "node:fs";
import { delay } from "../../platform/runtime/delay.ts";
import { LogFollower } from "../follow_log.ts";
import { type LineClock, ownClock, type Seen, seenClock } from "./line_clock.ts";
import type { LogFile } from "./log_files.ts";
import { type LogLine, mergeByTime } from "./merge_lines.ts";
import { MAX_LINE_BYTES } from "./read_lines.ts";
import type { Position } from "./read_logs.ts";
import { hasOwnTimes } from "./sources.ts";

/** How often followed logs are looked at, in ms. */
const POLL_MS = 100;
/** How often new logs are looked for, in ms. */
const DISCOVERY_MS = 1000;
/** How much is taken of a log at once, in characters: more may have been written than memory holds. */
const MAX_TAKEN = 1024 * 1024;

/** The end of a log, as the place where it is followed from. */
export function endOf(log: LogFile): Position {
  const info = statSync(log.path, { throwIfNoEntry: false });
  return { ...log, offset: info?.size ?? 0, inode: info?.ino ?? null };
}

/**
 * Yields the complete lines that are written to the logs behind `positions`, as they come, in the order of time within a tenth
 * of a second. Ends once `signal` aborts, with what was written before that; a line without its end is held back. Follows
 * rotations.
 *
 * @param discover The logs that there are now: one that appears later is followed from its beginning. @default none
 */
export async function* followAll(
  positions: readonly Position[],
  signal: AbortSignal,
  discover: () => readonly LogFile[] = () => [],
): AsyncGenerator<LogLine[]> {
  const logs = new Map(positions.map((position) => [position.path, new FollowedLog(position)]));
  let lookedMs = Date.now();
  let discoveredMs = lookedMs;
  try {
    let isLast = false;
    let isBusy = false;
    for (;;) {
      isLast ||= signal.aborted && !isBusy;
      const seen = { afterMs: lookedMs, atMs: Date.now() };
      if (isLast || seen.atMs - discoveredMs >= DISCOVERY_MS) {
        for (const log of discover()) {
          if (!logs.has(log.path)) logs.set(log.path, new FollowedLog({ ...log, offset: 0, inode: null }));
        }
        discoveredMs = seen.atMs;
      }
      // Of all the same look, so that it ends however fast they are written.
      const looking = [...logs.values()].filter((log) => !isBusy || log.isBusy);
      const lines = [...mergeByTime(looking.map((log) => log.take(seen).values()))];
      if (lines.length > 0) yield lines;
      isBusy = looking.some((log) => log.isBusy);
      if (isBusy) continue;
      if (isLast) return;
      lookedMs = seen.atMs;
      await delay(POLL_MS, signal).catch(() => {}); // an abort leaves one last look
    }
  } finally {
    for (const log of logs.values()) log.close();
  }
}

/** The lines of a log, a limited number at once. */
class FollowedLog {
  readonly #source: string;
  readonly #follower: LogFollower;
  readonly #clock: LineClock;
  #look: Generator<string> | null = null;
  #partial = "";

  constructor(position: Position) {
    this.#source = position.source;
    this.#follower = new LogFollower(position.path, position.offset, position.inode);
    this.#clock = hasOwnTimes(position.source) ? ownClock(null) : seenClock;
  }

  /** Whether the current look has not come to its end. */
  get isBusy(): boolean {
    return this.#look !== null;
  }

  take(seen: Seen): LogLine[] {
    const look = this.#look ??= this.#follower.look();
    const lines: LogLine[] = [];
    for (let taken = 0; taken < MAX_TAKEN;) {
      const { value, done } = look.next();
      if (done === true) {
        this.#look = null;
        break;
      }
      taken += value.length;
      for (const text of this.#complete(value)) {
        lines.push({ source: this.#source, text, atMs: this.#clock(text, seen) });
      }
    }
    return lines;
  }

  close(): void {
    this.#look?.return(undefined);
    this.#follower.close();
  }

  #complete(text: string): string[] {
    const lines = (this.#partial + text).split("\n");
    this.#partial = lines.pop()!;
    if (this.#partial.length <= MAX_LINE_BYTES) return lines;
    lines.push(this.#partial);
    this.#partial = "";
    return lines;
  }
}
