import { lstatSync, unlinkSync } from "node:fs";
import { isSettings, type Settings } from "../config/settings.ts";
import { type Failure, isFailure } from "../errors/failure.ts";
import { systemErrorCode } from "../errors/local_error.ts";
import { readBounded, writeAtomically } from "../platform/files/atomic_file.ts";
import type { Exit } from "./status/status.ts";

/** Why the last supervisor gave up, until the next `start` or `stop`. */
export interface LastFailure {
  /** ISO 8601. */
  at: string;
  failure: Failure;
  lastExit: Exit | null;
  restarts: number;
  /** The settings of the launch; null if the supervisor failed before it had any. */
  settings: Settings | null;
}

/** Reads the last failure at `path`; null if there is none, or the file is not one. */
export function readLastFailure(path: string): LastFailure | null {
  const reading = readBounded(path, 256 * 1024);
  if (!("text" in reading)) return null;
  try {
    const value: unknown = JSON.parse(reading.text);
    if (typeof value !== "object" || value === null || !("failure" in value) || !isFailure(value.failure)) return null;
    const { at, failure, lastExit, restarts, settings } = value as Record<string, unknown> & LastFailure;
    return {
      at: typeof at === "string" ? at : "",
      failure,
      lastExit: isExit(lastExit) ? lastExit : null,
      restarts: typeof restarts === "number" ? restarts : 0,
      settings: isSettings(settings) ? settings : null,
    };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function isExit(value: unknown): value is Exit {
  if (typeof value !== "object" || value === null) return false;
  const { code, signal, at, reason } = value as Record<keyof Exit, unknown>;
  return (code === null || typeof code === "number") && (signal === null || typeof signal === "string") &&
    typeof at === "string" && typeof reason === "string";
}

/** Writes the last failure atomically. */
export function writeLastFailure(path: string, lastFailure: LastFailure): void {
  writeAtomically(path, JSON.stringify(lastFailure) + "\n");
}

/** Removes the last failure, if any. */
export function clearLastFailure(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return; // Deno's unlink removes empty directories too
  try {
    unlinkSync(path);
  } catch (error) {
    if (!["ENOENT", "EISDIR", "EPERM"].includes(systemErrorCode(error) ?? "")) throw error;
  }
}
