import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { delay } from "../../lib/platform/runtime/delay.ts";
import { freePort } from "../../tests/free_ports.ts";
import { type Measurement, type Runtime, RUNTIMES } from "../measurement.ts";
import { listenerCommand, readyAtMs, sourceFolder, startProject, untilAnother, writeProject } from "../project.ts";
import { inRounds, inTurn, type Row } from "../row.ts";
import { exitOf } from "../runtimes.ts";
import { kill, type Scratch, stop, withScratch } from "../scratch.ts";
import { untilServing } from "../serving.ts";

const NAME = "listener";
/** A life that is longer than the minimum uptime, in ms: what follows it is restarted without backoff. */
const LIFE_MS = 2400;

/** A process beside Temporal: until it is ready, a change of a file it watches, and its `kill -9`. */
export const beside: Row = {
  name: "processes",
  measure: ({ runs }) =>
    inRounds(runs, async (round) => {
      const measurements: Measurement[] = [];
      for (const runtime of inTurn(RUNTIMES, round)) {
        measurements.push(...await withScratch((scratch) => measure(scratch, runtime)));
      }
      return measurements;
    }),
};

async function measure(scratch: Scratch, runtime: Runtime): Promise<Measurement[]> {
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
      runtime,
      value: readyAfterMs,
      unit: "ms",
      floors: { P },
      limit: { constant: 300, factors: { P: 1 } },
    },
    {
      what: "change of a watched file → new PID",
      runtime,
      value: afterChangeMs,
      unit: "ms",
      floors: { E },
      limit: { constant: 300, factors: { E: 1 } },
    },
    {
      what: "kill -9 of a process → new PID",
      runtime,
      value: afterKillMs,
      unit: "ms",
      floors: {},
      limit: { constant: 60, factors: {} },
    },
  ];
}

/** The floors P and E: the program without the tool, from its spawn until it listens, and from SIGTERM to its exit. */
async function bareListener(port: number): Promise<{ P: number; E: number }> {
  const [file, ...args] = listenerCommand(port);
  const startedAt = performance.now();
  const child = spawn(file!, args, { stdio: "ignore" });
  const exited = exitOf(child);
  while (!await accepts(port)) await delay(1);
  const P = performance.now() - startedAt;
  const terminatedAt = performance.now();
  child.kill("SIGTERM");
  await exited;
  return { P, E: performance.now() - terminatedAt };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
}
