import { existsSync, readFileSync } from "node:fs";
import { readTail } from "../../lib/logs/read_tail.ts";
import { processesHere } from "../../lib/platform/processes/processes_here.ts";
import type { ChaosResult } from "./chaos.ts";
import type { Journal } from "./journal.ts";
import { findMarked } from "./marked.ts";
import type { Violation } from "./violation.ts";
import type { World } from "./world.ts";

const LOG_BYTES = 6000;

/** The report of a violation: how to replay it, the last actions, and the ends of the supervisors' logs. */
export function renderViolation(
  violation: Violation,
  world: World,
  journal: Journal,
  { seed, seconds }: { seed: number; seconds: number },
): string {
  const logs = world.homes.flatMap(({ name, paths }) => {
    const text = existsSync(paths.supervisorLog) ? readTail(paths.supervisorLog, 0, LOG_BYTES).trimEnd() : "(none)";
    return ["", `--- the end of the supervisor's log on ${name}`, text];
  });
  const processes = findMarked(world).map(({ pid, command }) => `${pid} ${stateOf(pid)} ${command}`);
  const holders = world.homes.flatMap(({ paths }) => [paths.supervisorLock, paths.processLock])
    .flatMap((path) => processesHere().lockHolders(path).map(({ pid, on }) => `${path}: pid ${pid}, ${on}`));
  return [
    "",
    `VIOLATION: ${violation.message}`,
    ...violation.details === "" ? [] : [violation.details.trimEnd()],
    "",
    "--- what was done last",
    ...journal.lines(),
    "",
    "--- processes, and who holds which lock",
    ...processes,
    ...holders,
    ...logs,
    "",
    `VIOLATION: ${violation.message}`,
    `seed ${seed}; replay: make chaos SECONDS=${seconds} SEED=${seed}`,
  ].join("\n");
}

/** Its state, and the kernel function that it waits in. */
function stateOf(pid: number): string {
  const state = processesHere().inspect(pid)?.state ?? "-";
  try {
    return `${state} ${readFileSync(`/proc/${pid}/wchan`, "utf8")}`;
  } catch {
    return state; // it has exited
  }
}

/** The figures of a run without a violation. */
export function renderResult(result: ChaosResult, journal: Journal, tookMs: number): string {
  const { watch } = result;
  return [
    ...journal.counts().map(([kind, count]) => `${String(count).padStart(7)}  ${kind}`),
    "",
    `${result.actions} actions, all well after ${Math.round(tookMs / 1000)} s`,
    `workflows: ${result.acknowledged} acknowledged, ${result.found} found (${result.listed} listed), ${result.refused} calls refused`,
    `processes beside Temporal: ${result.groups} groups, never two of one name; ${result.completed} workflows completed`,
    `databases: ${result.databases} whole, ${result.setAside} half-made ones set aside`,
    `looks at who has a database open: ${watch.samples}, at most ${Math.round(watch.largestGapMs)} ms apart`,
  ].join("\n");
}
