import { statSync } from "node:fs";
import { readTemporalVersion } from "../binary/ask_binary.ts";
import { compareVersions, type TemporalVersions } from "../config/temporal_versions.ts";
import { LocalError } from "../errors/local_error.ts";
import { temporariesOf } from "../platform/files/atomic_file.ts";
import { writeJsonFile } from "../platform/files/json_file.ts";
import { removeQuietly } from "../platform/files/remove_if_present.ts";
import { identityOf, minorOf, readServerNote, type ServerNote, serverNotePath } from "./server_note.ts";

/**
 * Refuses to open a database with `binary` if a newer server has served it: the older one may not find what it expects,
 * or lose what it does not know. Temporal stores no schema version in a SQLite database, so the note of {@linkcode
 * rememberServer} decides; without a note nothing is refused. Runs the binary only if it has changed.
 *
 * @throws {LocalError} `launch-failed`, with the cause `database-newer`
 */
export async function refuseNewerDatabase(path: string, binary: string): Promise<void> {
  const note = readServerNote(path);
  if (note === null || note.database !== identityOf(path) || note.binary === binaryFingerprint(binary)) return;
  const server = await serverIn(binary);
  // Temporal does not change the schema within a minor version.
  if (server === null || compareVersions(minorOf(note.server), minorOf(server)) <= 0) return;
  const newer = note.cli === null ? "the newer Temporal" : `\`--version ${note.cli}\``;
  throw new LocalError(
    "launch-failed",
    `The database ${path} was last served by Temporal server ${note.server}, but ${binary} contains the older ${server}`,
    {
      hint: `Start with ${newer} again, or set the data aside with \`stigmer-local reset\` (nothing is deleted)`,
      facts: { cause: "database-newer", database: path, servedBy: note.server, server, binary },
    },
  );
}

/** The versions of `binary`, if the note of the database at `path` is about that very file; else null. */
export function notedVersions(path: string, binary: string): TemporalVersions | null {
  const note = readServerNote(path);
  return note !== null && note.binary === binaryFingerprint(binary) ? { cli: note.cli, server: note.server } : null;
}

/**
 * Notes which server serves the database at `path`. Asks for the versions only if the binary or the database has changed.
 *
 * @throws the system's error if the note can't be written
 */
export async function rememberServer(
  path: string,
  binary: string,
  ask: (binary: string) => Promise<TemporalVersions | null>,
): Promise<void> {
  const fingerprint = binaryFingerprint(binary);
  const identity = identityOf(path);
  const note = readServerNote(path);
  if (identity === null || (note?.database === identity && note.binary === fingerprint)) return;
  const versions = await ask(binary);
  if (versions === null || versions.server === null || identityOf(path) !== identity) return;
  const fresh: ServerNote = { server: versions.server, cli: versions.cli, database: identity, binary: fingerprint };
  for (const left of temporariesOf(serverNotePath(path))) removeQuietly(left); // by a supervisor that was killed
  writeJsonFile(serverNotePath(path), fresh);
}

async function serverIn(binary: string): Promise<string | null> {
  try {
    return (await readTemporalVersion(binary)).server;
  } catch (error) {
    if (error instanceof LocalError) return null; // the launch reports what is wrong with the binary
    throw error;
  }
}

/** Path, size and time of `binary`: another file at the path differs. */
export function binaryFingerprint(binary: string): string {
  const info = statSync(binary, { throwIfNoEntry: false });
  return `${binary} ${info?.size ?? 0} ${Math.floor(info?.mtimeMs ?? 0)}`;
}
