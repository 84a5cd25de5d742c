import type { LockFile } from "../../lib/platform/locks/lock_file.ts";
import type { Connect } from "../../lib/platform/net/connection.ts";
import type { SpawnOptions } from "../../lib/platform/spawn/spawn_options.ts";
import type { System } from "../../lib/platform/system.ts";
import { DEADLINE_MS } from "../platform/support.ts";

/**
 * How a program of the conformance tests behaves. A `parent` has a child in its group, a `parent of a daemon` one that
 * called setsid(2), and a `parent that never reaps` one in a group of its own, for which it never waits. A `leader that
 * exits` does so once it has a child in its group; all others run until they are ended.
 */
export type Program =
  | "sleeper"
  | "ignores SIGTERM"
  | "parent"
  | "parent of a daemon"
  | "parent that never reaps"
  | "leader that exits";

/** What a program is started with. */
export interface ProgramOptions {
  /** A lock whose descriptor it inherits, as do its children. */
  lock?: LockFile;
  /** A file that it has open. */
  opens?: { path: string; mode: "r" | "r+" };
  /** Where it listens; its child does when it has one. */
  listens?: { address: string; port: number };
  /** @default {"/"} */
  cwd?: string;
}

/** A program that runs, in a session of its own. */
export interface Started {
  pid: number;
  /** Its child; 0 for none. */
  child: number;
}

/** A system to try, and the means to begin something in it. */
export interface World {
  system: System;
  connect: Connect;
  /** As on macOS, kill(2) finds a zombie (`isThere` counts on it), and refuses a group of zombies. */
  zombiesCount: boolean;
  start(program: Program, options?: ProgramOptions): Promise<Started>;
  /** A program for `system.spawn` that sleeps. */
  sleeper: Pick<SpawnOptions, "command" | "args" | "env">;
  /** Ends all that was started. */
  end(): Promise<void>;
}

/** Waits until `condition` holds, in the time of `system`. */
export async function until(system: System, what: string, condition: () => boolean): Promise<void> {
  for (const giveUpAt = system.nowMs() + DEADLINE_MS; !condition(); await system.delay(5)) {
    if (system.nowMs() > giveUpAt) throw new Error(`Timed out waiting until ${what}`);
  }
}
