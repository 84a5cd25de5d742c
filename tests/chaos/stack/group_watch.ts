import { readdirSync, readFileSync } from "node:fs";
import { MARKER } from "../../../lib/stack/leftovers.ts";
import { parseProcStat } from "../../../lib/platform/processes/parse_proc_stat.ts";
import { isDying } from "../database_watch.ts";
import { Violation } from "../violation.ts";

/** A live process beside Temporal, or one that it started. */
export interface Member {
  pid: number;
  pgid: number;
  startTime: string;
  /** `NAME@HOME`. */
  marker: string;
}

/** The interval of the looks, in ms. */
const INTERVAL_MS = 40;
/** A child has the environment of its parent until it executes its own program: a process so young is looked at again. */
const YOUNG_MS = 3000;

/** Looks at all processes again and again, and keeps those with a marker of one of `homes` in their environment. */
export class GroupWatch {
  readonly #homes: readonly string[];
  readonly #known = new Map<number, { sinceMs: number; startTime: string; marker: string | null }>();
  readonly #timer: ReturnType<typeof setInterval>;
  /** How often it has looked. */
  looks = 0;
  /** How many groups were seen. */
  readonly groups = new Set<number>();

  /** @param report Told when two live groups belong to one process. */
  constructor(homes: readonly string[], report: (violation: Violation) => void) {
    this.#homes = homes;
    this.#timer = setInterval(() => {
      this.looks++;
      try {
        this.#check();
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        report(error);
      }
    }, INTERVAL_MS);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  /** All live processes with a marker. */
  all(): Member[] {
    return this.#members();
  }

  /** The live members of the groups of the process `name` of `home`. */
  membersOf(home: string, name: string): Member[] {
    return this.#members().filter(({ marker }) => marker === `${name}@${home}`);
  }

  #check(): void {
    const groups = new Map<string, Map<number, Member>>();
    for (const member of this.#members()) {
      this.groups.add(member.pgid);
      const own = groups.get(member.marker) ?? new Map<number, Member>();
      groups.set(member.marker, own.set(member.pgid, member));
    }
    for (const [marker, own] of groups) {
      // One may have died before the other was looked at.
      const atOnce = own.size < 2 ? [] : [...own.values()].filter(({ pid }) => !isDying(pid));
      if (atOnce.length < 2) continue;
      const list = atOnce.map(({ pid, pgid }) => `pid ${pid}, group ${pgid}: ${read(`/proc/${pid}/cmdline`)}`);
      throw new Violation(`${atOnce.length} live groups belong to the process ${marker}`, list.join("\n"));
    }
  }

  #members(): Member[] {
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
    const now = performance.now();
    const alive = new Set(pids);
    for (const pid of this.#known.keys()) if (!alive.has(pid)) this.#known.delete(pid);
    return pids.flatMap((pid) => {
      const known = this.#known.get(pid);
      if (known?.marker === null && now - known.sinceMs > YOUNG_MS) return [];
      const stat = parseProcStat(read(`/proc/${pid}/stat`));
      if (stat === null) return [];
      const { startTime, pgid } = stat;
      const isKnown = known?.startTime === startTime;
      const marker = isKnown && known.marker !== null ? known.marker : this.#markerOf(pid);
      this.#known.set(pid, { sinceMs: isKnown ? known.sinceMs : now, startTime, marker });
      return marker === null || isDying(pid) ? [] : [{ pid, pgid, startTime, marker }];
    });
  }

  #markerOf(pid: number): string | null {
    const entry = read(`/proc/${pid}/environ`).split("\0").find((each) => each.startsWith(`${MARKER}=`));
    const marker = entry?.slice(MARKER.length + 1);
    return marker !== undefined && this.#homes.some((home) => marker.endsWith(`@${home}`)) ? marker : null;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has exited
  }
}
