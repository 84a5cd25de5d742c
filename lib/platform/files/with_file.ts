import { closeSync, openSync, readSync } from "node:fs";

/**
 * What `body` returns, called with the file at `path` while it is open.
 *
 * @param flags Those of open(2), for a new file with mode 0600. @default to read
 * @throws the system's error
 */
export function withFile<T>(path: string, body: (fd: number) => T, flags: string | number = "r"): T {
  const fd = openSync(path, flags, 0o600);
  try {
    return body(fd);
  } finally {
    closeSync(fd);
  }
}

/** Up to `length` bytes of the open file from `offset` on, as text. */
export function readTextAt(fd: number, offset: number, length: number): string {
  const bytes = new Uint8Array(length);
  return new TextDecoder().decode(bytes.subarray(0, readSync(fd, bytes, 0, length, offset)));
}
