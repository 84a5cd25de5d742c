import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { answersAt } from "../../lib/platform/net/probe_port.ts";
import { connectNode } from "../../lib/platform/net/connect_node.ts";
import { delay } from "../../lib/platform/runtime/delay.ts";
import { freePort } from "../../tests/free_ports.ts";
import type { Figure, Runtime } from "../measurement.ts";
import { listenerCommand, readyAtMs, sourceFolder, startProject, untilAnother, writeProject } from "../project.ts";
import { inRounds, measureOnEach, type Row } from "../row.ts";
import { exitOf } from "../runtimes.ts";
import { kill, type Scratch, stop } from "../scratch.ts";
import { untilServing } from "../serving.ts";

const NAME = "listener";
/** A life that is longer than the minimum uptime, in ms: what follows it is restarted without backoff. */
const LIFE_MS = 2400;

/** A process beside Temporal: until it is ready, a change of a file it watches, and its `kill -9`. */
export const beside: Row = {
  name: "processes",
  measure: ({ runs }) => inRounds(runs, (round) => measureOnEach(round, measure)),
};

async function measure(scratch: Scratch, runtime: Runtime): Promise<Figure[]> {
  const port = await freePort();
  const { P, E } = await bareListener(port);
  const command = JSON.stringify(listenerCommand(port));
  const project = writeProject(scratch, [`  ${NAME}: { command: ${command}, port: ${port}, watch: [src] }`]);
  const servingAt = untilServing(scratch.port).then(() => Date.now());
  await startProject(scratch, runtime, project);
  const readyAfterMs = readyAtMs(scratch, NAME) - await servingAt;
  const first = await untilAnother(scratch, NAME, null);

  await delay(LIFE_MS);
  const changedAt = performance.now();
  writeFileSync(join(sourceFolder(scratch), "code.txt"), "1\n");
  const second = await untilAnother(scratch, NAME, first);
  const afterChangeMs = performance.now() - changedAt;

  await delay(LIFE_MS);
  const killedAt = performance.now();
  await kill(second, "SIGKILL");
  await untilAnother(scratch, NAME, second);
  const afterKillMs = performance.now() - killedAt;
  await stop(scratch, runtime, ["--force"]);
  return [
    {
      what: "SERVING → a process is ready that listens at once",
      value: readyAfterMs,
      unit: "ms",
      floors: { P },
      limit: { P: 1, constant: 300 },
    },
    {
      what: "change of a watched file → new PID",
      value: afterChangeMs,
      unit: "ms",
      floors: { E },
      limit: { E: 1, constant: 300 },
    },
    { what: "kill -9 of a process → new PID", value: afterKillMs, unit: "ms", limit: { constant: 60 } },
  ];
}

/** The floors P and E: the program without the tool, from its spawn until it listens, and from SIGTERM to its exit. */
async function bareListener(port: number): Promise<{ P: number; E: number }> {
  const [file, ...args] = listenerCommand(port);
  const startedAt = performance.now();
  const child = spawn(file!, args, { stdio: "ignore" });
  const exited = exitOf(child);
  while (!await answersAt("127.0.0.1", port, connectNode)) await delay(1);
  const P = performance.now() - startedAt;
  const terminatedAt = performance.now();
  child.kill("SIGTERM");
  await exited;
  return { P, E: performance.now() - terminatedAt };
}
