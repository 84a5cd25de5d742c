import type { Runtime } from "../e2e/support.ts";
import { examine, type Findings } from "./aftermath.ts";
import { startBystanders } from "./bystanders.ts";
import { watchDatabases, type WatchFigures } from "./database_watch.ts";
import type { Journal } from "./journal.ts";
import { endMarked } from "./marked.ts";
import { perform } from "./perform.ts";
import { schedule } from "./schedule.ts";
import { GroupWatch } from "./stack/group_watch.ts";
import { prepareProject } from "./stack/project.ts";
import { Stage } from "./stage.ts";
import { Violation } from "./violation.ts";
import { startWorkflows, type WorkflowStarter } from "./workflows.ts";
import { type ChaosHome, createWorld, type World } from "./world.ts";

/** Options of a run. */
export interface ChaosOptions {
  seed: number;
  /** Duration of the actions; the final checks come on top. */
  seconds: number;
  temporal: string;
  /** The runtime of every command; null when the schedule chooses. */
  runtime: Runtime | null;
  journal: Journal;
  /** Aborts the run, without the final checks. */
  signal: AbortSignal;
  /** Keep the homes for inspection. */
  keep: boolean;
  /** Called with the violation, before the world is removed. */
  onViolation: (violation: Violation, world: World) => void;
  /** Called before each action. */
  onAction: (number: number) => void;
}

/** The result of a run without a violation. */
export interface ChaosResult extends Findings {
  actions: number;
  refused: number;
  watch: WatchFigures;
  /** How many process groups beside Temporal were seen. */
  groups: number;
}

/** Performs the schedule of `seed`, then the final checks. Null after an interrupt or a violation. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult | null> {
  const { journal, seed } = options;
  const world = await createWorld(options.runtime);
  prepareProject(world.stack.project);
  let violation: Violation | null = null;
  let announce = () => {};
  const violated = new Promise<void>((resolve) => {
    announce = resolve;
  });
  const report = (found: Violation) => {
    violation ??= found;
    announce();
  };
  const starters = new Map<ChaosHome, WorkflowStarter>();
  const databases = [...new Set(world.homes.map(({ database }) => database))];
  const watch = watchDatabases(databases, options.temporal, report);
  const groups = new GroupWatch([world.stack.paths.home], report);
  let stage: Stage | null = null;
  try {
    stage = new Stage(world, journal, await startBystanders(world), groups, report);
    for (const home of world.kept) starters.set(home, startWorkflows(home, `seed-${seed}`));
    const end = Promise.race([violated, aborted(options.signal)]);
    const isOver = () => violation !== null || options.signal.aborted;
    const actions = await play(options, stage, world, isOver, end);
    stage.sleepers.wakeAll();
    const quiet = Promise.all([stage.quiet(), ...[...starters.values()].map((starter) => starter.end())]);
    await Promise.race([quiet, end]);
    if (isOver()) return null;
    const findings = await Promise.race([examine(stage, starters), end]);
    if (findings === undefined || isOver()) return null;
    const refused = [...starters.values()].reduce((sum, starter) => sum + starter.refused, 0);
    return { ...findings, actions, refused, watch: watch.figures, groups: groups.groups.size };
  } catch (error) {
    report(
      error instanceof Violation
        ? error
        : new Violation("The chaos test itself failed", String((error as Error).stack)),
    );
    return null;
  } finally {
    watch.end();
    groups.end();
    stage?.close();
    if (violation !== null) options.onViolation(violation, world);
    await endMarked(world);
    for (const starter of starters.values()) await starter.end();
    if (!options.keep) world.remove();
  }
}

async function play(
  options: ChaosOptions,
  stage: Stage,
  world: World,
  isOver: () => boolean,
  end: Promise<void>,
): Promise<number> {
  const endMs = performance.now() + options.seconds * 1000;
  let actions = 0;
  const special = { fresh: world.fresh.index, stack: world.stack.index };
  const appointments = schedule(options.seed, world.homes.length, special);
  for (const { delayMs, action } of appointments) {
    await Promise.race([new Promise((resolve) => setTimeout(resolve, delayMs)), end]);
    if (isOver() || performance.now() >= endMs) break;
    options.onAction(++actions);
    await Promise.race([perform(action, stage), end]);
    for (const bystander of stage.bystanders) bystander.check();
  }
  return actions;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
