import { closeSync, createReadStream, openSync, writeSync } from "node:fs";
import { createGunzip } from "node:zlib";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { printableCommand } from "../../text/printable.ts";
import { TarError, TarReader } from "./tar.ts";

/** What an archive may hold. */
export interface UnpackLimits {
  /** Bytes of the binary. */
  maxFileBytes: number;
  /** Bytes of all that is packed. */
  maxTotalBytes: number;
}

/** Temporal 1.5.1 takes 150–260 MB, by platform and build. */
export const DEFAULT_UNPACK_LIMITS: UnpackLimits = { maxFileBytes: 1 << 30, maxTotalBytes: 1.25 * (1 << 30) };

const WANTED = "temporal";

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
  options: { limits?: UnpackLimits; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const { limits = DEFAULT_UNPACK_LIMITS, signal } = options;
  const fd = openSync(target, "wx", 0o755);
  const others: string[] = [];
  let isFound = false;
  let isWanted = false;
  const reader = new TarReader(({ name, kind, sizeBytes }) => {
    isWanted = false;
    if (name !== WANTED && name !== `./${WANTED}`) {
      if (kind !== "other" && others.length < 10) others.push(printableCommand(name));
      return;
    }
    if (kind === "other") return; // an extension's header may bear any name
    if (kind !== "file") throw new TarError(`its \`${WANTED}\` is no regular file`);
    if (isFound) throw new TarError(`it holds two files \`${WANTED}\``);
    if (sizeBytes > limits.maxFileBytes) throw new TarError(`its \`${WANTED}\` is too large (${sizeBytes} bytes)`);
    isFound = isWanted = true;
  }, (bytes) => {
    if (isWanted) writeAll(fd, bytes);
  });

  const packed = createReadStream(archive);
  const unpacked = packed.pipe(createGunzip());
  packed.on("error", (error) => unpacked.destroy(error));
  try {
    let total = 0;
    for await (const piece of unpacked) {
      signal?.throwIfAborted();
      total += (piece as Uint8Array).length;
      if (total > limits.maxTotalBytes) throw new TarError("it unpacks to more than any release");
      reader.push(piece as Uint8Array);
      if (reader.isOver) break;
    }
    reader.end();
    if (!isFound) {
      const list = others.length === 0 ? "nothing" : others.join(", ");
      throw new TarError(`it holds no file \`${WANTED}\`, but ${list}`);
    }
  } catch (error) {
    throw error instanceof TarError || isZlibError(error) ? notUsable(archive, error) : error;
  } finally {
    packed.destroy();
    unpacked.destroy();
    closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done);
}

function isZlibError(error: unknown): boolean {
  return systemErrorCode(error)?.startsWith("Z_") === true;
}

function notUsable(archive: string, cause: unknown): LocalError {
  const why = cause instanceof TarError ? cause.message : `it cannot be unpacked (${systemErrorCode(cause)})`;
  return new LocalError("install-failed", `Cannot use the release archive: ${why}`, {
    hint: "The archive was discarded; report this to its publisher",
    facts: { archive, why, isBlocked: false },
    cause,
  });
}
