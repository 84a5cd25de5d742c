import { lstatSync, readFileSync, readlinkSync, type Stats, statSync } from "node:fs";
import process from "node:process";
import { isatty } from "node:tty";
import { systemErrorCode } from "../../errors/local_error.ts";
import { isMissing } from "../../errors/system_error.ts";
import { connectNode } from "../net/connect_node.ts";
import { runForegroundNode } from "./foreground_child_node.ts";
import { DEFAULT_COLUMNS, DEFAULT_ROWS, type Host, type Owner } from "./host.ts";

const ignore = (): void => {};

const FD = { stdin: 0, stdout: 1, stderr: 2 } as const;

/** The host under Node. */
export function nodeHost(): Host {
  return {
    runtime: "node",
    runtimeVersion: process.versions.node,
    platform: process.platform,
    pid: process.pid,
    uid: process.geteuid?.() ?? -1,
    args: process.argv.slice(2),
    env: process.env,
    cwd: () => process.cwd(),
    networkNamespace: () => {
      try {
        return readlinkSync("/proc/self/ns/net");
      } catch {
        return null; // not on Linux, or without /proc
      }
    },
    connect: connectNode,
    runForeground: runForegroundNode,
    after: (ms, action) => {
      const timer = setTimeout(action, ms);
      return () => clearTimeout(timer);
    },
    write: (stream, text) =>
      new Promise((resolve, reject) => {
        // The stream also emits the error that the callback receives; without a listener it would terminate the
        // process.
        if (!process[stream].listeners("error").includes(ignore)) process[stream].on("error", ignore);
        process[stream].write(text, (error) => {
          if (error == null) resolve(true);
          else if (systemErrorCode(error) === "EPIPE") resolve(false);
          else reject(error);
        });
      }),
    isTerminal: (stream) => isatty(FD[stream]),
    columns: () => process.stdout.columns || DEFAULT_COLUMNS,
    rows: () => process.stdout.rows || DEFAULT_ROWS,
    readKeys: (onKeys) => {
      const { stdin } = process;
      stdin.on("error", ignore); // the terminal is gone
      stdin.setRawMode(true);
      stdin.on("data", (chunk) => onKeys(String(chunk)));
      return (isRaw) => void stdin.setRawMode(isRaw);
    },
    onSignal: (signals, handler) => {
      for (const signal of signals) process.on(signal, handler);
      return () => {
        for (const signal of signals) process.off(signal, handler);
      };
    },
    folderOwner: (path) => {
      const info = statOf(path);
      return info?.isDirectory() === true ? ownerOf(info) : null;
    },
    owner: (path) => {
      const info = statOf(path);
      return info === null ? null : ownerOf(info);
    },
    exit: (code) => process.exit(code),
    exists: (path) => {
      try {
        return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
      } catch (error) {
        refusalOf(error);
        return false;
      }
    },
    readText: (path, maxBytes) => {
      try {
        const info = statSync(path);
        if (!info.isFile()) return { refused: "not-a-file" };
        if (info.size > maxBytes) return { refused: "too-big" };
        return { text: readFileSync(path, "utf8") };
      } catch (error) {
        return { refused: refusalOf(error) };
      }
    },
  };
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    refusalOf(error);
    return null;
  }
}

/** Why a path is not seen. @throws `error` if that is no reason: the disk fails */
function refusalOf(error: unknown): "missing" | "unreadable" {
  if (isMissing(error)) return "missing";
  if (["EACCES", "EPERM", "ELOOP"].includes(systemErrorCode(error) ?? "")) return "unreadable";
  throw error;
}

const ownerOf = ({ uid, gid, mode }: Stats): Owner => ({ uid, gid, mode: mode & 0o7777 });
