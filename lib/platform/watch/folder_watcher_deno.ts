import { cString, ERRNO, errnoAt, libraryError, openLibrary } from "../locks/libc_deno.ts";
import type { FolderWatcher } from "./folder_watcher.ts";
import { parseInotifyEvents } from "./inotify_events.ts";

const INOTIFY = {
  inotify_init1: { parameters: ["i32"], result: "i32" },
  inotify_add_watch: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  inotify_rm_watch: { parameters: ["i32", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize", nonblocking: true },
  close: { parameters: ["i32"], result: "i32" },
  errno: ERRNO,
} as const;

/** O_CLOEXEC of x86 and ARM. */
const IN_CLOEXEC = 0o2000000;
const IN_MOVE_SELF = 0x800;
/** IN_MODIFY, ATTRIB, MOVED_FROM, MOVED_TO, CREATE, DELETE, DELETE_SELF and MOVE_SELF: what libuv asks for. */
const CHANGES = 0x2 | 0x4 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | IN_MOVE_SELF;
const IN_ONLYDIR = 0x01000000;
/** One read(2) returns as many events as fit; an event has at most 16 + 256 bytes. */
const BUFFER_BYTES = 64 * 1024;

/** The one inotify instance of this process: the kernel allows a user 128 of them, and each has a thread that reads. */
let shared: Inotify | null = null;

/** Watches by inotify(7) of the C library; null without FFI or glibc. */
export function denoFolderWatcher(): FolderWatcher | null {
  const probe = openLibrary(INOTIFY);
  if (probe === null) return null;
  probe.close();
  return {
    isRecursive: false,
    watch(folder, onEvent) {
      shared ??= new Inotify();
      return shared.watch(folder, onEvent);
    },
  };
}

class Inotify {
  readonly #library = openLibrary(INOTIFY)!;
  readonly #fd: number;
  /** A watch that reports nothing but its end, which ends the read. */
  readonly #sentinel: number;
  readonly #listeners = new Map<number, Set<(name: string | null) => void>>();
  #isClosed = false;

  constructor() {
    const { inotify_init1, inotify_add_watch, close } = this.#library.symbols;
    this.#fd = inotify_init1(IN_CLOEXEC);
    this.#sentinel = this.#fd < 0 ? -1 : inotify_add_watch(this.#fd, cString("/"), IN_MOVE_SELF);
    if (this.#sentinel < 0) {
      const error = this.#failed(this.#fd < 0 ? "inotify_init1" : "watch /");
      if (this.#fd >= 0) close(this.#fd);
      this.#library.close();
      throw error;
    }
    void this.#read();
  }

  watch(folder: string, onEvent: (name: string | null) => void): () => void {
    const wd = this.#library.symbols.inotify_add_watch(this.#fd, cString(folder), CHANGES | IN_ONLYDIR);
    if (wd < 0) {
      const error = this.#failed(`watch ${folder}`);
      this.#closeIfUnused();
      throw error;
    }
    // A folder has one watch, however often it is asked for, also by another path.
    const listeners = this.#listeners.get(wd) ?? new Set();
    const listener = (name: string | null) => onEvent(name); // the same function may watch twice
    listeners.add(listener);
    this.#listeners.set(wd, listeners);
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      if (this.#listeners.delete(wd)) this.#library.symbols.inotify_rm_watch(this.#fd, wd);
      this.#closeIfUnused();
    };
  }

  #closeIfUnused(): void {
    if (this.#listeners.size > 0 || this.#isClosed) return;
    this.#isClosed = true;
    if (shared === this) shared = null;
    this.#library.symbols.inotify_rm_watch(this.#fd, this.#sentinel);
  }

  async #read(): Promise<void> {
    const { read, close } = this.#library.symbols;
    const buffer = new Uint8Array(BUFFER_BYTES);
    while (!this.#isClosed) {
      const count = Number(await read(this.#fd, buffer, BigInt(BUFFER_BYTES)));
      if (this.#isClosed) break;
      for (const event of parseInotifyEvents(buffer.subarray(0, Math.max(count, 0)))) {
        if (event.kind === "overflow") this.#listeners.forEach((each) => each.forEach((listener) => listener(null)));
        else this.#listeners.get(event.wd)?.forEach((listener) => listener(event.name));
        if (event.kind === "ended") this.#listeners.delete(event.wd);
      }
    }
    close(this.#fd);
    this.#library.close();
  }

  #failed(what: string): Error {
    return libraryError(errnoAt(this.#library.symbols.errno()), what);
  }
}
