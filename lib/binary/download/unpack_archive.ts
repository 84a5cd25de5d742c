import { closeSync, createReadStream, openSync, writeSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { loadPackage } from "../../platform/packaging/load_package.ts";
import { printableCommand } from "../../text/printable.ts";

/** What an archive may hold. */
export interface UnpackLimits {
  /** Bytes of the binary. */
  maxFileBytes: number;
  /** Bytes of all that is packed. */
  maxTotalBytes: number;
}

/** Temporal 1.5.1 takes 150–260 MB, by platform and build. */
const DEFAULT_UNPACK_LIMITS: UnpackLimits = { maxFileBytes: 1 << 30, maxTotalBytes: 1.25 * (1 << 30) };

/** The types of the npm package `tar-stream`, as far as they are used. */
interface TarPackage {
  extract(): NodeJS.WritableStream & AsyncIterable<TarEntry>;
}

interface TarEntry extends AsyncIterable<Uint8Array> {
  header: { name: string; type: string | null; size: number };
  resume(): void;
}

const WANTED = "temporal";
/** The package holds the headers that come before an entry (a long name, say) in memory, whatever their size. */
const MAX_HEADER_BYTES = 1 << 20;

/** What is no archive that holds a `temporal`, or a damaged one. */
class ArchiveError extends Error {}

/**
 * Takes the one regular file `temporal` out of a release archive (tar, gzip) and writes it to `target`, executable, which
 * must not exist. Whatever else the archive holds is passed over: no path of it is ever used.
 *
 * @throws {LocalError} `install-failed`, when it is no such archive; then `target` may be there in part
 * @throws the system's error when `target` can't be written, and the reason of `signal`
 */
export async function unpackTemporal(
  archive: string,
  target: string,
  signal?: AbortSignal,
  limits: UnpackLimits = DEFAULT_UNPACK_LIMITS,
): Promise<void> {
  const entries = (await loadTar()).extract();
  const fd = openSync(target, "wx", 0o755);
  const others: string[] = [];
  let announcedBytes = 0;
  let isFound = false;

  const isWanted = ({ name, type, size }: TarEntry["header"]): boolean => {
    if (!Number.isSafeInteger(size) || size < 0) throw new ArchiveError("it is no tar archive, or a damaged one");
    announcedBytes += size;
    if (name !== WANTED && name !== `./${WANTED}`) {
      if (others.length < 10) others.push(printableCommand(name));
      return false;
    }
    if (type !== "file" && type !== "contiguous-file") throw new ArchiveError(`its \`${WANTED}\` is no regular file`);
    if (isFound) throw new ArchiveError(`it holds two files \`${WANTED}\``);
    if (size > limits.maxFileBytes) throw new ArchiveError(`its \`${WANTED}\` is too large (${size} bytes)`);
    isFound = true;
    return true;
  };
  const limited = async function* (unpacked: AsyncIterable<Uint8Array>) {
    let bytes = 0;
    for await (const piece of unpacked) {
      signal?.throwIfAborted();
      bytes += piece.length;
      if (bytes > limits.maxTotalBytes) throw new ArchiveError("it unpacks to more than any release");
      if (bytes - announcedBytes > MAX_HEADER_BYTES) throw new ArchiveError("its headers are too long");
      yield piece;
    }
  };

  try {
    const reading = pipeline(createReadStream(archive), createGunzip(), limited, entries);
    reading.catch(() => {}); // the loop throws it
    for await (const entry of entries) {
      if (!isWanted(entry.header)) entry.resume();
      else for await (const piece of entry) writeAll(fd, piece);
    }
    await reading;
    if (!isFound) {
      const list = others.length === 0 ? "nothing" : others.join(", ");
      throw new ArchiveError(`it holds no file \`${WANTED}\`, but ${list}`);
    }
  } catch (error) {
    signal?.throwIfAborted();
    const code = systemErrorCode(error);
    throw code === undefined || code.startsWith("Z_") ? notUsable(archive, error) : error;
  } finally {
    closeSync(fd);
  }
}

async function loadTar(): Promise<TarPackage> {
  try {
    return await loadPackage<TarPackage>("tar-stream");
  } catch (cause) {
    throw new LocalError(
      "install-failed",
      "Cannot load the npm package `tar-stream`, which unpacks the release archive",
      {
        hint: "Run `npm install` in the tool's folder, or once where the network is",
        facts: { why: "the npm package `tar-stream` cannot be loaded", isBlocked: true },
        cause,
      },
    );
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done);
}

function notUsable(archive: string, cause: unknown): LocalError {
  const why = whyNot(cause);
  return new LocalError("install-failed", `Cannot use the release archive: ${why}`, {
    hint: "The archive was discarded; report this to its publisher",
    facts: { archive, why, isBlocked: false },
    cause,
  });
}

function whyNot(cause: unknown): string {
  if (cause instanceof ArchiveError) return cause.message;
  const code = systemErrorCode(cause);
  if (code !== undefined) return `it cannot be unpacked (${code})`;
  const isCut = cause instanceof Error && cause.message === "Unexpected end of data";
  return isCut ? "the archive is cut off" : "it is no tar archive, or a damaged one";
}
