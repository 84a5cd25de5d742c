import { isDeno } from "../runtime/host.ts";

/**
 * The few calls of the C library that no runtime offers. Only such with a fixed number of arguments as they are used
 * here: on Apple silicon a variadic argument goes to another place than a fixed one, where fcntl(fd, F_SETFD, …) would not
 * find it; fcntl(fd, F_GETFD) and ioctl(fd, FIOCLEX) take none.
 */
export interface Libc {
  /**
   * flock(2), exclusive and without waiting. `held` when errno says so; `failed` when it says anything else, which need
   * not be the truth: between the two calls the runtime may have made others.
   */
  tryFlock(fd: number): "taken" | "held" | "failed";
  close(fd: number): void;
  /** Whether the descriptor is closed at exec; null when it is not open. */
  isCloseOnExec(fd: number): boolean | null;
  setCloseOnExec(fd: number, isOn: boolean): void;
  /** madvise(2), MADV_DONTNEED: of a mapped file, the pages come back from it when they are wanted. */
  dontNeed(start: bigint, length: bigint): void;
  /** Lets go of the library. */
  unload(): void;
}

const F_GETFD = 1;
const FD_CLOEXEC = 1;
const MADV_DONTNEED = 4;
const LOCK_EX = 2;
const LOCK_NB = 4;

/** On each platform: the library, FIOCLEX and FIONCLEX (asm-generic/ioctls.h; sys/filio.h), errno's home, EWOULDBLOCK. */
const PLATFORMS = {
  linux: {
    library: "libc.so.6",
    setCloseOnExec: 0x5451n,
    clearCloseOnExec: 0x5450n,
    errnoLocation: "__errno_location",
    wouldBlock: 11,
  },
  darwin: {
    library: "libSystem.B.dylib",
    setCloseOnExec: 0x20006601n,
    clearCloseOnExec: 0x20006602n,
    errnoLocation: "__error",
    wouldBlock: 35,
  },
} as const;

/**
 * The functions of the C library that `symbols` name, through Deno's FFI: 0.2 ms for each. Null under Node, on another
 * platform or C library, where one of them is missing, and without `--allow-ffi`.
 */
export function openLibrary<const Symbols extends Deno.ForeignLibraryInterface>(
  symbols: Symbols,
): Deno.DynamicLibrary<Symbols> | null {
  if (!isDeno) return null;
  const os = Deno.build.os;
  if (os !== "linux" && os !== "darwin") return null;
  // Asked first: without the permission dlopen would prompt for it.
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return null;
  try {
    return Deno.dlopen(PLATFORMS[os].library, symbols);
  } catch {
    return null; // dlopen(3) has one kind of failure, a text; there are ways without it
  }
}

/** The C library, where {@linkcode openLibrary} finds it. A function costs its 0.2 ms when it is called first. */
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
  const advising = lazily({ madvise: { parameters: ["u64", "u64", "i32"], result: "i32" } });
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
    dontNeed: (start, length) => void advising().madvise(start, length, MADV_DONTNEED),
    unload: () => opened.forEach((each) => each.close()),
  };
}
