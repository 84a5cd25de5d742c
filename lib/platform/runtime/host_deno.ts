import { connectDeno } from "../net/connect_deno.ts";
import { runForegroundDeno } from "./foreground_child_deno.ts";
import { DEFAULT_COLUMNS, DEFAULT_ROWS, type Host, type Owner } from "./host.ts";
import { afterDeno } from "./timer_deno.ts";

/** The host under Deno. Uses no `node:` module. */
export function denoHost(): Host {
  return {
    runtime: "deno",
    runtimeVersion: Deno.version.deno,
    platform: Deno.build.os === "windows" ? "win32" : Deno.build.os,
    pid: Deno.pid,
    uid: Deno.uid() ?? -1,
    args: Deno.args,
    env: Deno.env.toObject(),
    cwd: () => Deno.cwd(),
    networkNamespace: () => {
      try {
        return Deno.readLinkSync("/proc/self/ns/net");
      } catch {
        return null; // not on Linux, or without /proc
      }
    },
    connect: connectDeno,
    runForeground: runForegroundDeno,
    after: afterDeno,
    write: async (stream, text) => {
      const bytes = new TextEncoder().encode(text);
      try {
        for (let at = 0; at < bytes.length;) at += await Deno[stream].write(bytes.subarray(at));
        return true;
      } catch (error) {
        if (error instanceof Deno.errors.BrokenPipe) return false;
        throw error;
      }
    },
    isTerminal: (stream) => Deno[stream].isTerminal(),
    columns: () => consoleSize()?.columns || DEFAULT_COLUMNS,
    rows: () => consoleSize()?.rows || DEFAULT_ROWS,
    readKeys: (onKeys) => {
      const read = async () => {
        const bytes = new Uint8Array(1024);
        for (let count = await Deno.stdin.read(bytes); count !== null; count = await Deno.stdin.read(bytes)) {
          onKeys(new TextDecoder().decode(bytes.subarray(0, count)));
        }
      };
      Deno.stdin.setRaw(true);
      void read().catch(() => {}); // the terminal is gone
      return (isRaw) => {
        try {
          Deno.stdin.setRaw(isRaw);
        } catch {
          // the terminal is gone
        }
      };
    },
    onSignal: (signals, handler) => {
      const listeners = signals.map((signal) => [signal, () => handler(signal)] as const);
      for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
      return () => {
        for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
      };
    },
    folderOwner: (path) => {
      const info = statOf(path);
      return info?.isDirectory === true ? ownerOf(info) : null;
    },
    owner: (path) => {
      const info = statOf(path);
      return info === null ? null : ownerOf(info);
    },
    exit: (code) => Deno.exit(code),
    exists: (path) => {
      try {
        Deno.lstatSync(path);
        return true;
      } catch (error) {
        refusalOf(error);
        return false;
      }
    },
    readText: (path, maxBytes) => {
      try {
        const info = Deno.statSync(path);
        if (!info.isFile) return { refused: "not-a-file" };
        if (info.size > maxBytes) return { refused: "too-big" };
        return { text: Deno.readTextFileSync(path) };
      } catch (error) {
        return { refused: refusalOf(error) };
      }
    },
  };
}

function statOf(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    refusalOf(error);
    return null;
  }
}

/** Why a path is not seen. @throws `error` if that is no reason: the disk fails */
function refusalOf(error: unknown): "missing" | "unreadable" {
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return "missing";
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.FilesystemLoop) return "unreadable";
  throw error;
}

const ownerOf = ({ uid, gid, mode }: Deno.FileInfo): Owner => ({
  uid: uid ?? -1,
  gid: gid ?? -1,
  mode: (mode ?? 0) & 0o7777,
});

/** The size of the terminal on stdout; null if it is not a terminal. */
function consoleSize(): { columns: number; rows: number } | null {
  try {
    return Deno.consoleSize();
  } catch {
    return null;
  }
}
