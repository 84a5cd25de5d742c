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

/**
 * What `spawn` starts, from which descriptors from 3 up are kept: they are close-on-exec meanwhile. Otherwise a caller that
 * waits for EOF on a pipe (`x=$(… start)`, make's jobserver, a test framework's fd 3) would wait until the daemon exits.
 * Afterwards they are as before: a user's command may need them (`run -- diff <(a) <(b)`).
 *
 * - Node on macOS: libuv spawns with POSIX_SPAWN_CLOEXEC_DEFAULT, nothing leaks.
 * - Node on Linux: at startup libuv marks inherited descriptors, but stops at the first number above 15 that is not
 *   open (uv_disable_stdio_inheritance), so bash's `<(…)` at 63 leaks. Node can't mark it: it is reported.
 * - Deno passes on every descriptor without close-on-exec: marked through FFI, or reported without FFI (musl).
 *
 * @param spawn Receives the `leaking` descriptors, which its child inherits nevertheless, and has to close itself. It must be
 * synchronous: another process spawned meanwhile would be affected too.
 */
export function spawnClosed<Child>(spawn: (leaking: number[]) => Child): Child {
  const isMac = process.platform === "darwin";
  if (!isDeno && isMac) return spawn([]);
  const libc = openLibrary(MARKING);
  if (libc === null) return spawn(isMac ? openNow() : inheritedOnLinux());
  const { fcntl, ioctl } = libc.symbols;
  const { mark, unmark } = isMac ? REQUESTS.darwin : REQUESTS.linux;
  const inherited = openNow().filter((fd) => {
    const flags = fcntl(fd, F_GETFD); // negative if it is not open
    return flags >= 0 && (flags & FD_CLOEXEC) === 0;
  });
  for (const fd of inherited) ioctl(fd, mark);
  try {
    return spawn([]);
  } finally {
    for (const fd of inherited) ioctl(fd, unmark);
    libc.close();
  }
}

function openNow(): number[] {
  return listNumbers(process.platform === "linux" ? "/proc/self/fd" : "/dev/fd").filter((fd) => fd > 2);
}

/** O_CLOEXEC in the octal `flags` of proc_pid_fdinfo(5), on x86 and ARM. */
const CLOSE_ON_EXEC = 0o2000000;

function inheritedOnLinux(): number[] {
  return openNow().filter((fd) => {
    const flags = /^flags:\s*([0-7]+)/m.exec(readProcText(`/proc/self/fdinfo/${fd}`, 4096) ?? "")?.[1];
    return flags !== undefined && (parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  });
}
