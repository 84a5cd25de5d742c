import { statSync } from "node:fs";
import { readJsonFile } from "../platform/files/json_file.ts";

/** The content of the note beside a database: the server that last served it. */
export interface ServerNote {
  server: string;
  /** Version of Temporal's CLI that contains the server; null if unknown. */
  cli: string | null;
  /**
   * Identity of the database file: the note does not apply to another file at the path (a reset, a restored backup).
   */
  database: string;
  binary: string;
}

const MAX_BYTES = 4096;

/** Path of the note for the database at `path`. */
export function serverNotePath(path: string): string {
  return `${path}.server`;
}

/** The note beside the database at `path`; null if there is none. */
export function readServerNote(path: string): ServerNote | null {
  const { server, cli, database, binary } = readJsonFile(serverNotePath(path), MAX_BYTES);
  const isNote = typeof server === "string" && typeof database === "string" && typeof binary === "string";
  return isNote ? { server, database, binary, cli: typeof cli === "string" ? cli : null } : null;
}

/** The minor version (`1.29` of `1.29.1`), within which Temporal does not change the schema. */
export function minorOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

/** What identifies the file at `path`, whatever its content; null if there is none. */
export function identityOf(path: string): string | null {
  const info = statSync(path, { throwIfNoEntry: false });
  return info === undefined ? null : `${info.dev}:${info.ino}`;
}
