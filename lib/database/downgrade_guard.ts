import { statSync } from "node:fs";
import { readTemporalVersion } from "../binary/version/query_version.ts";
import { readBuildInfo } from "../binary/version/read_build_info.ts";
import { compareVersions } from "../config/temporal_versions.ts";
import { LocalError } from "../errors/local_error.ts";
import { readBounded, writeAtomically } from "../platform/files/atomic_file.ts";

/** What is remembered beside a database of the server that last served it. */
interface ServerNote {
  server: string;
  /** The version of the command-line tool that it is in; null when that does not know. */
  cli: string | null;
  /** Which file that was: another one at the path (a reset, a restored backup) is not meant. */
  database: string;
  binary: string;
}

const MAX_BYTES = 4096;

/** Where the note on the database at `path` is. */
export function serverNotePath(path: string): string {
  return `${path}.server`;
}

/**
 * Refuses to let `binary` have a database that a newer server has served: it would not find what it expects, or lose
 * what it does not know. Temporal writes no version of its schema into a SQLite database, so what
 * {@linkcode rememberServer} noted decides; without a note nothing is refused. Runs the binary only when it is another
 * one than the last.
 *
 * @throws {LocalError} `launch-failed`, with the cause `database-newer`
 */
export async function refuseNewerDatabase(path: string, binary: string): Promise<void> {
  const note = readNote(path);
  if (note === null || note.database !== identityOf(path) || note.binary === fingerprintOf(binary)) return;
  const server = await serverIn(binary);
  // Within a minor version Temporal does not change the schema.
  if (server === null || compareVersions(minorOf(note.server), minorOf(server.server)) <= 0) return;
  const newer = note.cli === null ? "the Temporal that it was" : `\`--version ${note.cli}\``;
  throw new LocalError(
    "launch-failed",
    `The data in ${path} was last served by Temporal's server ${note.server}, and ${binary} has the older ${server.server}`,
    {
      hint: `Start with ${newer} again; or \`stigmer-local reset\` sets the data aside (nothing is deleted)`,
      facts: { cause: "database-newer", database: path, servedBy: note.server, server: server.server, binary },
    },
  );
}

/**
 * Notes which server serves the database at `path`. Runs the binary only when it, or the database, is another one than
 * the last.
 *
 * @throws the system's error when the note can't be written
 */
export async function rememberServer(path: string, binary: string): Promise<void> {
  const fingerprint = fingerprintOf(binary);
  const identity = identityOf(path);
  const note = readNote(path);
  if (identity === null || (note?.database === identity && note.binary === fingerprint)) return;
  const server = await serverIn(binary);
  if (server === null || identityOf(path) !== identity) return;
  const fresh: ServerNote = { ...server, database: identity, binary: fingerprint };
  writeAtomically(serverNotePath(path), JSON.stringify(fresh) + "\n");
}

async function serverIn(binary: string): Promise<{ server: string; cli: string | null } | null> {
  try {
    const { server, cli } = readBuildInfo(binary) ?? await readTemporalVersion(binary);
    return server === null ? null : { server, cli };
  } catch (error) {
    if (error instanceof LocalError) return null; // what is wrong with it, its launch tells
    throw error;
  }
}

function minorOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

function identityOf(path: string): string | null {
  const info = statSync(path, { throwIfNoEntry: false });
  return info === undefined ? null : `${info.dev}:${info.ino}`;
}

function fingerprintOf(binary: string): string {
  const info = statSync(binary, { throwIfNoEntry: false });
  return `${binary} ${info?.size ?? 0} ${Math.floor(info?.mtimeMs ?? 0)}`;
}

function readNote(path: string): ServerNote | null {
  const reading = readBounded(serverNotePath(path), MAX_BYTES);
  if (!("text" in reading)) return null;
  let value: unknown;
  try {
    value = JSON.parse(reading.text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (typeof value !== "object" || value === null) return null;
  const { server, cli, database, binary } = value as Record<string, unknown>;
  const isNote = typeof server === "string" && typeof database === "string" && typeof binary === "string";
  return isNote ? { server, database, binary, cli: typeof cli === "string" ? cli : null } : null;
}
