import { orNull } from "../../errors/system_error.ts";
import { connectDeno } from "../net/connect_deno.ts";
import { runForegroundDeno } from "./foreground_child_deno.ts";
import { DEFAULT_COLUMNS, DEFAULT_ROWS, type Host } from "./host.ts";
import { hostFiles } from "./host_files.ts";
import { afterDeno } from "./timer_deno.ts";
import { workingDirectory } from "./working_directory.ts";

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
    cwd: () => workingDirectory(Deno.cwd),
    networkNamespace: () => orNull(() => Deno.readLinkSync("/proc/self/ns/net")),
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
    exit: (code) => Deno.exit(code),
    ...hostFiles({
      stat: (path) => {
        const { isFile, isDirectory, size, uid, gid, mode } = Deno.statSync(path);
        const owner = { uid: uid ?? -1, gid: gid ?? -1, mode: (mode ?? 0) & 0o7777 };
        return { isFile, isFolder: isDirectory, sizeBytes: size, ...owner };
      },
      lstat: Deno.lstatSync,
      readText: Deno.readTextFileSync,
    }),
  };
}

/** The size of the terminal on stdout; null if it is not a terminal. */
function consoleSize(): { columns: number; rows: number } | null {
  try {
    return Deno.consoleSize();
  } catch {
    return null;
  }
}
