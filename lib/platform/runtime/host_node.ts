import { lstatSync, readFileSync, readlinkSync, statSync } from "node:fs";
import process from "node:process";
import { isatty } from "node:tty";
import { systemErrorCode } from "../../errors/local_error.ts";
import { orNull } from "../../errors/system_error.ts";
import { connectNode } from "../net/connect_node.ts";
import { runForegroundNode } from "./foreground_child_node.ts";
import { DEFAULT_COLUMNS, DEFAULT_ROWS, type Host } from "./host.ts";
import { hostFiles } from "./host_files.ts";
import { workingDirectory } from "./working_directory.ts";

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
    cwd: () => workingDirectory(process.cwd),
    networkNamespace: () => orNull(() => readlinkSync("/proc/self/ns/net")),
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
    exit: (code) => process.exit(code),
    ...hostFiles({
      stat: (path) => {
        const info = statSync(path);
        const owner = { uid: info.uid, gid: info.gid, mode: info.mode & 0o7777 };
        return { isFile: info.isFile(), isFolder: info.isDirectory(), sizeBytes: info.size, ...owner };
      },
      lstat: (path) => lstatSync(path),
      readText: (path) => readFileSync(path, "utf8"),
    }),
  };
}
