import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { newestRotated } from "./rotate_log.ts";

const CHUNK_BYTES = 64 * 1024;

/**
 * Follows the log at `path` across both kinds of rotation: reads a renamed file to its end before it opens the new one, and the
 * unread rest of a truncated file from its copy. Waits for a log that does not exist.
 */
export class LogFollower {
  readonly #path: string;
  readonly #decoder = new TextDecoder();
  #fd: number | null = null;
  #at: number;
  #inode: number | null;

  /**
   * @param offset Where to begin, in bytes.
   * @param inode Of the file that `offset` refers to; null if there was none yet.
   */
  constructor(path: string, offset: number, inode: number | null) {
    this.#path = path;
    this.#at = offset;
    this.#inode = inode;
  }

  /** What was written since the last look, up to now; ends however fast more is written. To be taken to its end. */
  *look(): Generator<string> {
    for (;;) {
      const now = statSync(this.#path, { throwIfNoEntry: false });
      if (this.#fd === null) {
        if (now === undefined) return;
        const isRenamed = this.#inode !== null && now.ino !== this.#inode;
        const renamed = isRenamed ? newestRotated(this.#path, (inode) => inode === this.#inode) : null;
        this.#fd = openSync(renamed ?? this.#path, "r");
        const { ino } = fstatSync(this.#fd);
        if (this.#inode !== ino) this.#at = 0;
        this.#inode = ino;
      }
      if (fstatSync(this.#fd).size < this.#at) {
        yield* this.#rest(newestRotated(this.#path, (inode) => inode !== this.#inode));
        this.#at = 0;
      }
      yield* this.#read(this.#fd);
      if (now !== undefined && now.ino === this.#inode) return;
      this.close();
      this.#inode = null;
      this.#at = 0;
    }
  }

  /** Closes the log; the next look opens it again. */
  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  *#rest(path: string | null): Generator<string> {
    if (path === null) return;
    const fd = openSync(path, "r");
    try {
      yield* this.#read(fd);
    } finally {
      closeSync(fd);
    }
  }

  *#read(fd: number): Generator<string> {
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (const { size } = fstatSync(fd); this.#at < size;) {
      const count = readSync(fd, buffer, 0, Math.min(buffer.length, size - this.#at), this.#at);
      if (count === 0) return;
      this.#at += count;
      yield this.#decoder.decode(buffer.subarray(0, count), { stream: true });
    }
  }
}
