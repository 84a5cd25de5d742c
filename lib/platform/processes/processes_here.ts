import process from "node:process";
import { LocalError } from "../../errors/local_error.ts";
import type { Processes } from "./processes.ts";
import { darwinProcesses } from "./processes_darwin.ts";
import { linuxProcesses } from "./processes_linux.ts";

/**
 * Process inspection of this platform.
 *
 * @param platform As `process.platform` names it. @default {process.platform}
 * @throws {LocalError} `unsupported-platform` except on Linux and macOS
 */
export function processesHere(platform: string = process.platform): Processes {
  if (platform === "linux") return linuxProcesses(process.pid);
  if (platform === "darwin") return darwinProcesses(process.pid);
  const isWindows = platform === "win32";
  const what = isWindows
    ? "native Windows: this tool needs Unix processes and sockets"
    : `'${platform}': only Linux and macOS are supported`;
  throw new LocalError("unsupported-platform", `Cannot run on ${what}`, {
    hint: isWindows ? "Run it inside WSL (`wsl --install`), where it is a Linux program" : undefined,
    facts: { platform },
  });
}
