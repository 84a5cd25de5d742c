import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { markerPath } from "../../lib/database/files.ts";
import { usersOf } from "./database_watch.ts";
import type { Action, Blow, StackDeed } from "./schedule.ts";
import type { Stage } from "./stage.ts";
import { nameOf } from "./tool.ts";
import { changeSource, writeProjectFile } from "./stack/project.ts";
import { deleteRecords, vandalize } from "./vandalism.ts";
import { supervisorsOf, temporalsOf, type Victim } from "./victims.ts";
import type { ChaosHome } from "./world.ts";

/** Deadline for a first start to spawn its Temporal, in ms. */
const FIRST_START_PATIENCE_MS = 10_000;

/** Performs one action. Resolves when the next one may begin; commands continue in the background. */
export async function perform(action: Action, stage: Stage): Promise<void> {
  const { world } = stage;
  switch (action.kind) {
    case "calls":
      for (const call of action.calls) {
        await stage.slot();
        stage.begin(call);
      }
      return;
    case "hit call": {
      await stage.slot();
      const call = stage.begin(action.call);
      await Promise.race([call.judged, sleep(action.afterMs)]);
      const { blow } = action;
      stage.journal.note(`hit a command with ${blow.signal}`, nameOf(action.call, world));
      const home = world.homes[action.call.home]!;
      // While it holds the lock, or its child just got it, other commands may report its death.
      stage.disturb(home, "hit");
      stage.excuse(call.pid, blow);
      call.signal(blow.signal);
      if (blow.signal === "SIGSTOP") setTimeout(() => call.signal("SIGCONT"), blow.forMs);
      return;
    }
    case "hit":
      return hit(world.homes[action.home]!, action.victims, action.blow, stage);
    case "vandalize": {
      const home = world.homes[action.home]!;
      if (!existsSync(home.paths.home)) return stage.journal.count("nothing to vandalize");
      const { deed } = action;
      const text = deed.kind === "delete" ? deed.files.join(", ") : deed.kind === "replace" ? deed.file : deed.how;
      stage.journal.note(deed.kind, `${text} on ${home.name}`);
      if (deed.kind !== "corrupt") stage.disturb(home, "lost locks");
      return vandalize(world, home, deed, stage.bystanders);
    }
    case "stack":
      return changeStack(action.deed, stage);
    case "first start":
      return await firstStart(action, stage);
  }
}

function hit(home: ChaosHome, victims: "temporal" | "supervisor" | "both", blow: Blow, stage: Stage): void {
  const temporals = victims === "supervisor" ? [] : temporalsOf(home);
  const supervisors = victims === "temporal" ? [] : supervisorsOf(home);
  strike(home, victims, supervisors, temporals, blow, stage);
}

/** Signals the victims, and records that they were. */
function strike(
  home: ChaosHome,
  name: string,
  supervisors: readonly Victim[],
  others: readonly Victim[],
  blow: Blow,
  stage: Stage,
): void {
  const all: Victim[] = [...supervisors, ...others];
  if (all.length === 0) return stage.journal.count(`no process to hit (${name})`);
  const pids = all.map(({ pid }) => pid).join(", ");
  const span = blow.signal === "SIGSTOP" ? ` for ${blow.forMs} ms` : "";
  stage.journal.note(`hit ${name} with ${blow.signal}`, `on ${home.name}, pid ${pids}${span}`);
  stage.disturb(home, "hit", blow.signal === "SIGSTOP" ? blow.forMs : 0);
  const endsGracefully = blow.signal === "SIGTERM" || blow.signal === "SIGINT";
  if (endsGracefully && supervisors.length > 0) stage.disturb(home, "stopped");
  for (const victim of all) {
    stage.excuse(victim.pid, blow); // a command also holds the lock for a moment
    stage.sleepers.hit(victim, blow);
  }
}

function changeStack(deed: StackDeed, stage: Stage): void {
  const { journal, world: { stack } } = stage;
  const { project } = stack;
  switch (deed.kind) {
    case "hit": {
      const members = stage.groups.membersOf(stack.paths.home, deed.process);
      if (deed.victims !== "everything") {
        const victims = members.filter(({ pid, pgid }) => deed.victims === "group" || pid === pgid);
        return strike(stack, `${deed.victims} of ${deed.process}`, [], victims, deed.blow, stage);
      }
      const others = [...temporalsOf(stack), ...stage.groups.all()];
      return strike(stack, "everything", supervisorsOf(stack), others, deed.blow, stage);
    }
    case "change source":
      journal.note(deed.kind, `${deed.number}`);
      return changeSource(project, deed.number);
    case "change project":
      journal.note(deed.kind, `variant ${deed.number}`);
      return writeProjectFile(project, deed.number);
    case "delete records":
      journal.note(deed.kind, "of all processes");
      return deleteRecords(stack);
  }
}

async function firstStart(action: Extract<Action, { kind: "first start" }>, stage: Stage): Promise<void> {
  const { world, journal } = stage;
  const home = world.homes[action.home]!;
  await stage.slot();
  await stage.begin({ ...action.call, command: "stop", flags: ["--force"] }).judged;
  if (!(await throwDatabaseAway(home))) return journal.count("first start skipped: the home is in use again");
  await stage.slot();
  const call = stage.begin({ ...action.call, flags: [] });
  const startsMs = performance.now();
  let isOver = false;
  call.judged.then(() => isOver = true);
  while (!isOver && performance.now() - startsMs < FIRST_START_PATIENCE_MS) {
    if (temporalsOf(home).length > 0) {
      await sleep(action.afterMs);
      return hit(home, action.victims, { signal: "SIGKILL" }, stage);
    }
    await sleep(3);
  }
  journal.count("first start without a Temporal to hit");
}

/**
 * Removes the database while a helper holds both locks, as a supervisor would, so that no launch can begin. False when
 * another process holds one of them, or uses the database.
 */
function throwDatabaseAway({ paths, database }: ChaosHome): Promise<boolean> {
  if (!existsSync(paths.home) || usersOf(database).length > 0) return Promise.resolve(false);
  const files = [database, `${database}-journal`, `${database}-wal`, `${database}-shm`, markerPath(database)];
  const args = ["-n", paths.supervisorLock, "flock", "-n", paths.processLock, "rm", "-f", ...files];
  return new Promise((resolve, reject) => {
    const helper = spawn("flock", args, { stdio: "ignore" });
    helper.once("error", reject);
    helper.once("close", (code) => resolve(code === 0));
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
