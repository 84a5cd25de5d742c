import process from "node:process";
import { type Libc, openLibc } from "../files/libc_deno.ts";
import { listNumbers, readProcText } from "../processes/proc_files.ts";
import { isDeno } from "../runtime/host.ts";

/** What was done so that a child does not inherit what our caller had open. */
export interface CloseOnExec {
  /** Descriptors from 3 up that a child would inherit all the same: it has to close them itself. */
  leaking: number[];
  /** Undoes it, after the spawn: a command of the user's may well need them (`run -- diff <(a) <(b)`). */
  restore(): void;
}

/**
 * Keeps descriptors from 3 up from the child that is spawned before `restore`. A caller that waits for the end of a pipe
 * (`x=$(… start)`, make's jobserver, a test framework's fd 3) would otherwise wait for the daemon's whole life.
 *
 * - Node on macOS: libuv spawns with POSIX_SPAWN_CLOEXEC_DEFAULT, nothing leaks.
 * - Node on Linux: at its start libuv marks what was inherited, but ends at the first number above 15 that is not
 *   open (uv_disable_stdio_inheritance), so bash's `<(…)` at 63 gets through. Node can't mark it: it is reported.
 * - Deno hands on whatever has no close-on-exec mark: marked through FFI, or reported where there is none (musl).
 *
 * @param libc The C library, where it can be called; let go of in `restore`.
 */
export function setCloseOnExec(platform: string = process.platform, libc: Libc | null = openLibc()): CloseOnExec {
  const nothing = () => {};
  if (!isDeno && platform === "darwin") return { leaking: [], restore: nothing };
  if (libc === null) {
    return { leaking: platform === "linux" ? inheritedOnLinux() : openNow(platform), restore: nothing };
  }
  const marked = openNow(platform).filter((fd) => libc.isCloseOnExec(fd) === false);
  for (const fd of marked) libc.setCloseOnExec(fd, true);
  return {
    leaking: [],
    restore: () => {
      for (const fd of marked) libc.setCloseOnExec(fd, false);
      libc.unload();
    },
  };
}

/** The folder in which the system shows our own open descriptors. */
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
