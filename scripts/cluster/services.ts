import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { signalChildGroup } from "../../lib/platform/spawn/run_program.ts";

/** A process of the cluster, the leader of its own process group. */
export interface Service {
  name: string;
  pid: number;
  isAlive(): boolean;
  /** Its output so far. */
  output(): string;
  /** Sends `signal` to its group; resolves when the leader is gone. */
  end(signal: "SIGTERM" | "SIGKILL" | "SIGINT"): Promise<void>;
}

/** Grace period before SIGKILL, in ms. */
const GRACE_MS = 10_000;

/** Starts `command`, with its output in a file within `folder`. */
export function startService(name: string, command: readonly string[], folder: string): Service {
  const log = join(folder, `${name}.log`);
  const fd = openSync(log, "a");
  const [file, ...args] = command;
  const child = spawn(file!, args, { detached: true, stdio: ["ignore", fd, fd], cwd: folder });
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const isAlive = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    name,
    pid: child.pid ?? 0,
    isAlive,
    output: () => readFileSync(log, "utf8"),
    async end(signal) {
      if (isAlive()) signalChildGroup(child, signal);
      const late = setTimeout(() => isAlive() && signalChildGroup(child, "SIGKILL"), GRACE_MS);
      await gone;
      clearTimeout(late);
    },
  };
}
