import { cString, libraryError, openLibrary } from "../locks/libc_deno.ts";
import { isDeno } from "../runtime/host.ts";
import { linuxSignalName } from "./signals.ts";
import type { ProcessExit, SpawnOptions } from "./spawn_options.ts";

/** A child process. */
export interface PosixChild {
  /** Also its process group and session. */
  pid: number;
  /** Resolves when it exits. Never rejects, and does not keep this process alive. */
  exited: Promise<ProcessExit>;
}

const EBADF = 9;
const EMFILE = 24;
const O_RDWR = 2;
const O_CLOEXEC = 0o2000000;
const WNOHANG = 1;
/** glibc's `spawn.h`: default signal actions, an empty signal mask, a new session. */
const FLAGS = 0x04 | 0x08 | 0x80;
/** Larger than all of glibc's structures (sigset_t 128 bytes, posix_spawnattr_t 336). */
const STRUCTURE_BYTES = 512;
/** A sigset_t: as with libuv, a child starts with the default action for all signals but the real-time ones. */
const SIGNALS_1_TO_31 = new Uint8Array(STRUCTURE_BYTES).fill(0xff, 0, 4).fill(0x7f, 3, 4);

const SPAWN = {
  posix_spawn: { parameters: ["buffer", "buffer", "buffer", "buffer", "buffer", "buffer"], result: "i32" },
  posix_spawnattr_init: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_setflags: { parameters: ["buffer", "i16"], result: "i32" },
  posix_spawnattr_setsigdefault: { parameters: ["buffer", "buffer"], result: "i32" },
  posix_spawn_file_actions_init: { parameters: ["buffer"], result: "i32" },
  posix_spawn_file_actions_addopen: { parameters: ["buffer", "i32", "buffer", "i32", "u32"], result: "i32" },
  posix_spawn_file_actions_adddup2: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  posix_spawn_file_actions_addclosefrom_np: { parameters: ["buffer", "i32"], result: "i32" },
  posix_spawn_file_actions_addchdir_np: { parameters: ["buffer", "buffer"], result: "i32" },
  posix_spawn_file_actions_destroy: { parameters: ["buffer"], result: "i32" },
} as const;
const PIPE = {
  pipe2: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;
const WAIT = { waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32" } } as const;

/**
 * Starts a program with exactly these descriptors, in its own session and process group, by posix_spawn(3) of the C
 * library. Only under Deno, on Linux with glibc 2.34 or later, and with FFI permission; else null. Saves the copy of
 * this process's page tables that fork(2) makes, a shell that arranges the descriptors, and loading
 * `node:child_process`: the first spawn of a process takes 6 ms instead of 37, which a cold start pays twice. Only marking
 * descriptors close-on-exec would not do: `Deno.Command` makes no session and passes no descriptor 3.
 *
 * @throws {Error} with the system's `code`, if the program can't be started
 */
export function posixSpawn(program: string, options: SpawnOptions): PosixChild | null {
  if (isDeno && Deno.build.os !== "linux") return null;
  const libc = openLibrary(SPAWN);
  if (libc === null) return null;
  try {
    const pid = options.stdin === "pipe"
      ? withPipe((end) => spawn(libc.symbols, program, options, end))
      : spawn(libc.symbols, program, options, "null");
    return { pid, exited: whenExited(pid) };
  } finally {
    libc.close();
  }
}

function spawn(
  libc: Deno.DynamicLibrary<typeof SPAWN>["symbols"],
  program: string,
  { args, cwd, env, stdout, stderr, pass }: SpawnOptions,
  stdin: number | "null",
): number {
  const variables = Object.entries(env).filter(([, value]) => value !== undefined);
  const argv = strings([program, ...args]);
  const envp = strings(variables.map(([name, value]) => `${name}=${value}`));
  const attributes = new Uint8Array(STRUCTURE_BYTES);
  const actions = new Uint8Array(STRUCTURE_BYTES);
  const pid = new Int32Array(1);
  const must = (errno: number) => {
    // For an open descriptor, EBADF means that the number to copy it to exceeds RLIMIT_NOFILE.
    if (errno !== 0) throw libraryError(errno === EBADF ? EMFILE : errno, `posix_spawn '${program}'`);
  };
  must(libc.posix_spawnattr_init(attributes));
  must(libc.posix_spawnattr_setsigdefault(attributes, SIGNALS_1_TO_31));
  must(libc.posix_spawnattr_setflags(attributes, FLAGS));
  must(libc.posix_spawn_file_actions_init(actions));
  try {
    const sources = [stdin, stdout, stderr, ...pass];
    // Copies each descriptor beyond all others first, so that none is overwritten before it is moved to its number.
    const beyond = 1 + Math.max(...sources.map((each) => each === "null" ? 0 : each), sources.length);
    sources.forEach((each, at) => {
      must(
        each === "null"
          ? libc.posix_spawn_file_actions_addopen(actions, beyond + at, cString("/dev/null"), O_RDWR, 0)
          : libc.posix_spawn_file_actions_adddup2(actions, each, beyond + at),
      );
    });
    sources.forEach((_, at) => must(libc.posix_spawn_file_actions_adddup2(actions, beyond + at, at)));
    must(libc.posix_spawn_file_actions_addclosefrom_np(actions, sources.length));
    must(libc.posix_spawn_file_actions_addchdir_np(actions, cString(cwd)));
    must(libc.posix_spawn(pid, cString(program), actions, attributes, argv, envp));
    return pid[0]!;
  } finally {
    libc.posix_spawn_file_actions_destroy(actions); // posix_spawnattr_destroy(3) is a no-op
  }
}

/** Calls `use` with the read end of a pipe whose write end only this process has, until it exits. */
function withPipe(use: (end: number) => number): number {
  const libc = openLibrary(PIPE);
  const ends = new Int32Array(2);
  if (libc === null || libc.symbols.pipe2(ends, O_CLOEXEC) !== 0) throw libraryError(EMFILE, "pipe2");
  const [reading, writing] = ends as unknown as [number, number];
  try {
    return use(reading);
  } catch (error) {
    libc.symbols.close(writing);
    throw error;
  } finally {
    libc.symbols.close(reading);
    libc.close();
  }
}

/** SIGCHLD reports that some child changed state; a listener for it does not keep the process alive. */
function whenExited(pid: number): PosixChild["exited"] {
  return new Promise((resolve) => {
    const look = () => {
      const end = endOf(pid);
      if (end === null) return;
      Deno.removeSignalListener("SIGCHLD", look);
      resolve(end);
    };
    Deno.addSignalListener("SIGCHLD", look);
    look(); // it may have exited before the listener was added
  });
}

/** Reaps the child and returns how it exited (waitpid(2)); null while it is running. */
function endOf(pid: number): ProcessExit | null {
  const libc = openLibrary(WAIT);
  if (libc === null) return null;
  const status = new Int32Array(1);
  const result = libc.symbols.waitpid(pid, status, WNOHANG);
  libc.close();
  if (result === 0) return null;
  if (result < 0) return { code: null, signal: null };
  const signal = status[0]! & 0x7f; // bits/waitstatus.h
  return signal === 0
    ? { code: (status[0]! >> 8) & 0xff, signal: null }
    : { code: null, signal: linuxSignalName(signal) };
}

/** A `char *[]` that ends with NULL, followed by its strings in the same buffer, so that they live equally long. */
function strings(values: readonly string[]): Uint8Array<ArrayBuffer> {
  const texts = values.map(cString);
  let at = BigUint64Array.BYTES_PER_ELEMENT * (texts.length + 1);
  const bytes = new Uint8Array(texts.reduce((sum, { length }) => sum + length, at));
  const pointers = new BigUint64Array(bytes.buffer, 0, texts.length);
  const start = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
  texts.forEach((each, index) => {
    pointers[index] = start + BigInt(at);
    bytes.set(each, at);
    at += each.length;
  });
  return bytes;
}
