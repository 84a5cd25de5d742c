import process from "node:process";
import { openLibrary } from "../locks/libc_deno.ts";
import { listNumbers, readProcText } from "../processes/proc_files.ts";
import { isDeno } from "../runtime/host.ts";

const F_GETFD = 1;
const FD_CLOEXEC = 1;
/** FIOCLEX and FIONCLEX (asm-generic/ioctls.h; sys/filio.h), because F_SETFD takes a variadic argument. */
const REQUESTS = { linux: { mark: 0x5451n, unmark: 0x5450n }, darwin: { mark: 0x20006601n, unmark: 0x20006602n } };
const MARKING = {
  fcntl: { parameters: ["i32", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64"], result: "i32" },
} as const;

/** Descriptors kept from a child process. */
export interface CloseOnExec {
  /** Descriptors from 3 up that a child inherits nevertheless, and has to close itself. */
  leaking: number[];
  /** Reverts it after the spawn: a user's command may need the descriptors (`run -- diff <(a) <(b)`). */
  restore(): void;
}

/**
 * Sets close-on-exec on descriptors from 3 up until `restore`, so that a child spawned in between does not inherit
 * them. Otherwise a caller that waits for EOF on a pipe (`x=$(… start)`, make's jobserver, a test framework's fd 3)
 * would wait until the daemon exits.
 *
 * - Node on macOS: libuv spawns with POSIX_SPAWN_CLOEXEC_DEFAULT, nothing leaks.
 * - Node on Linux: at startup libuv marks inherited descriptors, but stops at the first number above 15 that is not
 *   open (uv_disable_stdio_inheritance), so bash's `<(…)` at 63 leaks. Node can't mark it: it is reported.
 * - Deno passes on every descriptor without close-on-exec: marked through FFI, or reported without FFI (musl).
 *
 * @param libc The C library, if available; unloaded by `restore`.
 */
export function setCloseOnExec(
  platform: string = process.platform,
  libc: Deno.DynamicLibrary<typeof MARKING> | null = openLibrary(MARKING),
): CloseOnExec {
  const nothing = () => {};
  if (!isDeno && platform === "darwin") return { leaking: [], restore: nothing };
  if (libc === null) {
    return { leaking: platform === "linux" ? inheritedOnLinux() : openNow(platform), restore: nothing };
  }
  const { fcntl, ioctl } = libc.symbols;
  const { mark, unmark } = platform === "darwin" ? REQUESTS.darwin : REQUESTS.linux;
  const inherited = openNow(platform).filter((fd) => {
    const flags = fcntl(fd, F_GETFD); // negative if it is not open
    return flags >= 0 && (flags & FD_CLOEXEC) === 0;
  });
  for (const fd of inherited) ioctl(fd, mark);
  return {
    leaking: [],
    restore: () => {
      for (const fd of inherited) ioctl(fd, unmark);
      libc.close();
    },
  };
}

/**
 * What `spawn` starts, from which inherited descriptors are kept; `leaking` are those that it has to close itself. It must
 * be synchronous: another process spawned meanwhile would be affected too.
 */
export function spawnClosed<Child>(
  spawn: (leaking: number[]) => Child,
  { leaking, restore }: CloseOnExec = setCloseOnExec(),
): Child {
  try {
    return spawn(leaking);
  } finally {
    restore();
  }
}

/** The folder that lists this process's open descriptors. */
export function ownDescriptors(platform: string = process.platform): string {
  return platform === "linux" ? "/proc/self/fd" : "/dev/fd";
}

function openNow(platform: string): number[] {
  return listNumbers(ownDescriptors(platform)).filter((fd) => fd > 2);
}

/** O_CLOEXEC in the octal `flags` of proc_pid_fdinfo(5), on x86 and ARM. */
const CLOSE_ON_EXEC = 0o2000000;

function inheritedOnLinux(): number[] {
  return listNumbers("/proc/self/fd").filter((fd) => {
    if (fd <= 2) return false;
    const flags = /^flags:\s*([0-7]+)/m.exec(readProcText(`/proc/self/fdinfo/${fd}`, 4096) ?? "")?.[1];
    return flags !== undefined && (parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  });
}
