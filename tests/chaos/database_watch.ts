import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { parseProcStat } from "../../lib/platform/processes/parse_proc_stat.ts";
import { Violation } from "./violation.ts";

/** Figures of the watch. */
export interface WatchFigures {
  samples: number;
  /** The longest time between two checks, in ms. */
  largestGapMs: number;
}

/** The interval of the checks, in ms. */
const INTERVAL_MS = 20;
/** The kernel's flag for an exiting task (PF_EXITING in include/linux/sched.h). */
const EXITING = 0x4;

/**
 * Checks every 20 ms that no two live processes have one of `databases` open. Uses `/proc` only, so that it does not depend
 * on the tool's locks and records. Only processes that run `binary` count.
 */
export function watchDatabases(databases: readonly string[], binary: string, report: (found: Violation) => void) {
  const executable = realpathSync(binary);
  const figures: WatchFigures = { samples: 0, largestGapMs: 0 };
  let lastLookMs = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    figures.samples++;
    figures.largestGapMs = Math.max(figures.largestGapMs, now - lastLookMs);
    lastLookMs = now;
    try {
      for (const database of databases) checkAlone(database, executable);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      report(error);
    }
  }, INTERVAL_MS);
  return { figures, end: () => clearInterval(timer) };
}

/** The live processes that have the file at `path` open, with any executable. */
export function usersOf(path: string): number[] {
  return allPids().filter((pid) => hasOpen(pid, path));
}

/** @throws {Violation} when two live processes have `database` open at the same moment */
function checkAlone(database: string, executable: string): void {
  const users = pidsOf(executable).filter((pid) => hasOpen(pid, database));
  // One may have exited before the other was inspected. A process that still has the file open now had it open in between.
  const atOnce = users.length < 2 ? [] : users.filter((pid) => hasOpen(pid, database));
  if (atOnce.length < 2) return;
  const list = atOnce.map((pid) => `pid ${pid}: ${readOrEmpty(`/proc/${pid}/cmdline`).replaceAll("\0", " ")}`);
  throw new Violation(`${atOnce.length} live Temporals have ${database} open`, list.join("\n"));
}

function pidsOf(executable: string): number[] {
  return allPids().filter((pid) => linkOrNull(`/proc/${pid}/exe`) === executable);
}

function allPids(): number[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Whether the process has the file open and is not dying: killed, exiting or dead. */
function hasOpen(pid: number, path: string): boolean {
  try {
    const isOpen = readdirSync(`/proc/${pid}/fd`).some((fd) => linkOrNull(`/proc/${pid}/fd/${fd}`) === path);
    return isOpen && !isDying(pid);
  } catch {
    return false; // it has exited
  }
}

/** Whether the process is dead, exits, or was killed. */
export function isDying(pid: number): boolean {
  const stat = parseProcStat(readOrEmpty(`/proc/${pid}/stat`));
  if (stat === null || stat.state === "Z" || stat.state === "X") return true;
  const text = readOrEmpty(`/proc/${pid}/stat`);
  const flags = Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[6]);
  if ((flags & EXITING) !== 0) return true;
  const pending = /^ShdPnd:\s*([0-9a-f]+)$/m.exec(readOrEmpty(`/proc/${pid}/status`))?.[1] ?? "0";
  return (BigInt(`0x${pending}`) & (1n << 8n)) !== 0n; // SIGKILL
}

function linkOrNull(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
