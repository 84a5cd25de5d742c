import { isDeno } from "../runtime/host.ts";

/**
 * Functions of the C library that no runtime offers. Only called without variadic arguments, which Apple silicon passes
 * differently from fixed ones, so that fcntl(fd, F_SETFD, …) would not work; fcntl(fd, F_GETFD) and ioctl(fd, FIOCLEX)
 * take none.
 */
export interface Libc {
  /**
   * flock(2), exclusive and without waiting. `held` if errno is EWOULDBLOCK, else `failed`. errno is not reliable,
   * because the runtime may have made other calls in between.
   */
  tryFlock(fd: number): "taken" | "held" | "failed";
  close(fd: number): void;
  /** Whether the descriptor has close-on-exec set; null if it is not open. */
  isCloseOnExec(fd: number): boolean | null;
  setCloseOnExec(fd: number, isOn: boolean): void;
  /** Unloads the library. */
  unload(): void;
}

const F_GETFD = 1;
const FD_CLOEXEC = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * On each platform: the library, FIOCLEX and FIONCLEX (asm-generic/ioctls.h; sys/filio.h), the location of errno,
 * EWOULDBLOCK.
 */
const PLATFORMS = {
  linux: {
    library: "libc.so.6",
    setCloseOnExec: 0x5451n,
    clearCloseOnExec: 0x5450n,
    errnoLocation: "__errno_location",
    wouldBlock: 11,
  },
  darwin: {
    library: "/usr/lib/libSystem.B.dylib", // a bare name would be searched in DYLD_LIBRARY_PATH first
    setCloseOnExec: 0x20006601n,
    clearCloseOnExec: 0x20006602n,
    errnoLocation: "__error",
    wouldBlock: 35,
  },
} as const;

/**
 * The functions of the C library named by `symbols`, through Deno's FFI; 0.2 ms each. Null under Node, on another
 * platform or C library, if one of them is missing, and without `--allow-ffi`.
 */
export function openLibrary<const Symbols extends Deno.ForeignLibraryInterface>(
  symbols: Symbols,
): Deno.DynamicLibrary<Symbols> | null {
  if (!isDeno) return null;
  const os = Deno.build.os;
  if (os !== "linux" && os !== "darwin") return null;
  // Without the permission, dlopen would prompt for it.
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return null;
  try {
    return Deno.dlopen(PLATFORMS[os].library, symbols);
  } catch {
    return null; // dlopen(3) reports failures as text only; callers have a fallback
  }
}

/** The C library, if {@linkcode openLibrary} finds it. Each function is loaded on first use (0.2 ms). */
export function openLibc(): Libc | null {
  const library = openLibrary({});
  if (library === null) return null;
  const { errnoLocation, wouldBlock, setCloseOnExec, clearCloseOnExec } =
    PLATFORMS[Deno.build.os as keyof typeof PLATFORMS];
  const opened: { close(): void }[] = [library];
  const lazily = <const Symbols extends Deno.ForeignLibraryInterface>(symbols: Symbols) => {
    let found: Deno.DynamicLibrary<Symbols> | null = null;
    return () => {
      if (found !== null) return found.symbols;
      found = openLibrary(symbols);
      if (found === null) throw new Error(`The C library does not have all of ${Object.keys(symbols).join(", ")}`);
      opened.push(found);
      return found.symbols;
    };
  };
  const locking = lazily({
    flock: { parameters: ["i32", "i32"], result: "i32" },
    errno: { name: errnoLocation, parameters: [], result: "pointer" },
  });
  const closing = lazily({ close: { parameters: ["i32"], result: "i32" } });
  const marking = lazily({
    fcntl: { parameters: ["i32", "i32"], result: "i32" },
    ioctl: { parameters: ["i32", "u64"], result: "i32" },
  });
  return {
    tryFlock: (fd) => {
      const { flock, errno } = locking();
      if (flock(fd, LOCK_EX | LOCK_NB) === 0) return "taken";
      const at = errno();
      return at !== null && new Deno.UnsafePointerView(at).getInt32() === wouldBlock ? "held" : "failed";
    },
    close: (fd) => void closing().close(fd),
    isCloseOnExec: (fd) => {
      const flags = marking().fcntl(fd, F_GETFD);
      return flags < 0 ? null : (flags & FD_CLOEXEC) !== 0;
    },
    setCloseOnExec: (fd, isOn) => void marking().ioctl(fd, isOn ? setCloseOnExec : clearCloseOnExec),
    unload: () => opened.forEach((each) => each.close()),
  };
}
