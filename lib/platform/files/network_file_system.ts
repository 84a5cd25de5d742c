import { statfsSync } from "node:fs";
import process from "node:process";
import { orNull } from "../../errors/system_error.ts";

/**
 * `f_type` of statfs(2) on Linux for file systems on which flock(2) and SQLite's locks are emulated or missing
 * (linux/magic.h).
 */
const LINUX_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x01021997, "9P"],
  [0x5346414f, "AFS"],
  [0x73757245, "Coda"],
  [0x00c36400, "Ceph"],
  [0x564c, "NCP"],
]);

/**
 * The type of network file system that `path` is on; null if it is local or unknown: FUSE does not distinguish sshfs
 * from a local one, and macOS assigns its numbers at boot, in no fixed order.
 *
 * @param typeOf The `f_type` of statfs(2).
 */
export function networkFileSystem(
  path: string,
  platform: string = process.platform,
  typeOf: (path: string) => number = (path) => Number(statfsSync(path).type),
): string | null {
  if (platform !== "linux") return null;
  // Some builds return the 32-bit numbers as negative. Without the type, there is no warning.
  return LINUX_TYPES.get((orNull(() => typeOf(path)) ?? 0) >>> 0) ?? null;
}

/** Types of mount(8) on macOS for file systems of another machine. */
const MACOS_TYPES: Readonly<Record<string, string>> = { nfs: "NFS", smbfs: "SMB", afpfs: "AFP", webdav: "WebDAV" };

/**
 * Like {@linkcode networkFileSystem}, on macOS.
 *
 * @param path A real path.
 * @param mounts The output of mount(8).
 */
export function networkFileSystemOnMac(path: string, mounts: string): string | null {
  const points = [...mounts.matchAll(/ on (\/.*) \((\w+)(?:, [^)]*)?\)$/gm)]
    .map(([, point, type]) => ({ folder: point === "/" ? "/" : `${point}/`, type: type! }))
    .filter(({ folder }) => `${path}/`.startsWith(folder))
    .sort((a, b) => b.folder.length - a.folder.length);
  return MACOS_TYPES[points[0]?.type ?? ""] ?? null;
}

/** Whether iCloud or another service may synchronize the folder at `path` on macOS, a real path, and evict its files. */
export function isCloudFolder(path: string): boolean {
  return /\/Library\/(?:Mobile Documents|CloudStorage)\//.test(`${path}/`);
}
