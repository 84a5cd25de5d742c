import { isDeno } from "../runtime/host.ts";

/** The C library of each platform. A bare name on macOS would be searched in DYLD_LIBRARY_PATH first. */
const LIBRARIES: Readonly<Record<string, string>> = { linux: "libc.so.6", darwin: "/usr/lib/libSystem.B.dylib" };

/**
 * The functions of the C library named by `symbols`, through Deno's FFI; 0.2 ms each. Null under Node, on another
 * platform or C library, if one of them is missing, and without `--allow-ffi`.
 *
 * Only for calls without variadic arguments, which Apple silicon passes differently from fixed ones.
 */
export function openLibrary<const Symbols extends Deno.ForeignLibraryInterface>(
  symbols: Symbols,
): Deno.DynamicLibrary<Symbols> | null {
  const library = isDeno ? LIBRARIES[Deno.build.os] : undefined;
  if (library === undefined) return null;
  // Without the permission, dlopen would prompt for it.
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return null;
  try {
    return Deno.dlopen(library, symbols);
  } catch {
    return null; // dlopen(3) reports failures as text only; callers have a fallback
  }
}

/** Symbol of {@linkcode openLibrary} for the place of errno in glibc, which {@linkcode errnoAt} reads. */
export const ERRNO = { name: "__errno_location", parameters: [], result: "pointer" } as const;

/** The value of errno(3). Not reliable, because the runtime may have made other calls in between. */
export function errnoAt(place: Deno.PointerValue): number {
  return place === null ? 0 : new Deno.UnsafePointerView(place).getInt32();
}

/** Names of Linux' error numbers (asm-generic/errno-base.h, errno.h), as far as the called functions have them. */
const ERRNO_NAMES: Readonly<Record<number, string>> = {
  1: "EPERM",
  2: "ENOENT",
  7: "E2BIG",
  8: "ENOEXEC",
  11: "EAGAIN",
  12: "ENOMEM",
  13: "EACCES",
  20: "ENOTDIR",
  23: "ENFILE",
  24: "EMFILE",
  26: "ETXTBSY",
  28: "ENOSPC",
  36: "ENAMETOOLONG",
  40: "ELOOP",
};

/** The error of a function of the C library, with the system's `code`. */
export function libraryError(errno: number, what: string): Error {
  const code = ERRNO_NAMES[errno] ?? `errno ${errno}`;
  return Object.assign(new Error(`${code}: ${what}`), { code });
}

/** `value` as a C string. */
export function cString(value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${value}\0`);
}
