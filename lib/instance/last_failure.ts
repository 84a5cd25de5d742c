import { lstatSync } from "node:fs";
import { isPartOfPolicy, type Policy } from "../config/policy.ts";
import { readSettings, type Settings } from "../config/settings.ts";
import { type Failure, isFailure } from "../errors/failure.ts";
import { readJsonFile, writeJsonFile } from "../platform/files/json_file.ts";
import { removeIfPresent } from "../platform/files/remove_if_present.ts";
import { isObject } from "../text/json_value.ts";
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
  /** With what Temporal served last, which the next `start` keeps; null if it never did since a `stop`. */
  served: Served | null;
}

type WrittenFailure = Pick<LastFailure, "failure" | "served"> & Partial<LastFailure>;

/** With what a Temporal was ready. */
export interface Served {
  settings: Settings;
  policy: Partial<Policy>;
}

/** Reads the last failure at `path`; null if there is none, or the file is not one. */
export function readLastFailure(path: string): LastFailure | null {
  const { at, failure, lastExit, restarts, settings, served } = readJsonFile(path, 256 * 1024);
  if (!isFailure(failure)) return null;
  // Earlier versions gave up only what had served, and did not say so.
  const told = served === undefined && failure.code === "gave-up" ? { settings } : served;
  return {
    at: typeof at === "string" ? at : "",
    failure,
    lastExit: isExit(lastExit) ? lastExit : null,
    restarts: typeof restarts === "number" ? restarts : 0,
    settings: readSettings(settings),
    served: readServed(told),
  };
}

function readServed(value: unknown): Served | null {
  if (!isObject(value)) return null;
  const { settings, policy } = value;
  const known = readSettings(settings);
  return known === null ? null : { settings: known, policy: isPartOfPolicy(policy) ? policy : {} };
}

function isExit(value: unknown): value is Exit {
  if (!isObject(value)) return false;
  const { code, signal, at, reason } = value;
  return (code === null || typeof code === "number") && (signal === null || typeof signal === "string") &&
    typeof at === "string" && typeof reason === "string";
}

/** Writes the last failure atomically. What is not given is that of a supervisor that failed before it had anything. */
export function writeLastFailure(path: string, { failure, ...known }: WrittenFailure): void {
  const before = { lastExit: null, restarts: 0, settings: null };
  writeJsonFile(path, { at: new Date().toISOString(), failure, ...before, ...known });
}

/** Removes the last failure, if any. */
export function clearLastFailure(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return; // Deno's unlink removes empty directories too
  removeIfPresent(path, ["EISDIR", "EPERM"]);
}
