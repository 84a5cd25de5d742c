import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, realpathSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { processesHere } from "../../lib/platform/processes/processes_here.ts";
import { toolCommand } from "../e2e/support.ts";
import { Violation } from "./violation.ts";
import type { World } from "./world.ts";

/** A process that records are made to point at. It leads its own process group, as Temporal does. */
export interface Bystander {
  name: string;
  pid: number;
  /** @throws {Violation} when it was signalled */
  check(): void;
  end(): void;
}

/** A `sleep` whose executable is called `temporal`, and a server on a TCP port. */
export async function startBystanders(world: World): Promise<Bystander[]> {
  const folder = join(world.base, "bystander");
  mkdirSync(folder);
  const lookalike = join(folder, "temporal");
  copyFileSync(findOnPath("sleep"), lookalike);
  const listen = "require('node:net').createServer().listen(0, '127.0.0.1')";
  return [
    // argv0, because a multi-call executable (busybox) goes by its name.
    await startBystander(world, "a sleep called temporal", lookalike, ["86400"], "sleep"),
    await startBystander(world, "a TCP server", toolCommand("node")[0]!, ["-e", listen], "node"),
  ];
}

async function startBystander(world: World, name: string, file: string, args: string[], argv0: string) {
  const env = { ...process.env, [world.mark.name]: world.mark.value };
  const child: ChildProcess = spawn(file, args, { argv0, env, detached: true, stdio: "ignore" });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  const pid = child.pid!;
  const processes = processesHere();
  return {
    name,
    pid,
    check: () => {
      const how = child.signalCode ?? child.exitCode;
      if (how !== null) throw new Violation(`The bystander ${name} (pid ${pid}) died: ${how}`);
      const state = processes.inspect(pid)?.state;
      if (state === "T") throw new Violation(`The bystander ${name} (pid ${pid}) was stopped`);
    },
    end: () => void child.kill("SIGKILL"),
  };
}

function findOnPath(name: string): string {
  const folder = (process.env["PATH"] ?? "").split(delimiter).find((each) => existsSync(join(each, name)));
  if (folder === undefined) throw new Error(`Cannot find ${name} on PATH`);
  return realpathSync(join(folder, name));
}
