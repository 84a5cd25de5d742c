import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { until } from "../e2e/support.ts";
import { withTempDir } from "../support.ts";
import { startBystanders } from "./bystanders.ts";
import { watchDatabases } from "./database_watch.ts";
import { type Circumstances, findMistake, judge } from "./judge.ts";
import { endMarked, findMarked } from "./marked.ts";
import { type Appointment, schedule, type ToolCall } from "./schedule.ts";
import type { CallEnd } from "./tool.ts";
import { Violation } from "./violation.ts";
import { createWorld, type World } from "./world.ts";

const LINUX = { skip: process.platform !== "linux" };
const QUIET: Circumstances = {
  hitBy: null,
  wasHit: false,
  wasStopped: false,
  lostLocks: false,
  sharesDatabase: false,
  mayGiveUp: false,
  hasProcesses: false,
};

describe("the chaos schedule", () => {
  const first = (seed: number): Appointment[] => {
    const appointments = schedule(seed, 5, { fresh: 3, stack: 4 });
    return Array.from({ length: 300 }, () => appointments.next().value);
  };

  it("depends on the seed alone", () => {
    assertEquals(first(42), first(42));
    assertNotEquals(first(42), first(43));
  });

  it("contains each kind of action, both runtimes and all homes", () => {
    const text = JSON.stringify(Array.from({ length: 5 }, (_, seed) => first(seed)));
    for (
      const word of [
        "hit call",
        "first start",
        "SIGSTOP",
        "SIGKILL",
        "SIGTERM",
        "supervisor.lock",
        "everything",
        "change source",
        "change project",
        "both",
        "deno",
        "node",
      ]
    ) {
      assert(text.includes(`"${word}"`), word);
    }
  });
});

describe("the chaos judge", () => {
  it("accepts an interrupted start only after a stop", () => {
    const end = failing("interrupted");
    assertEquals(judge(callOf("start"), end, { ...QUIET, wasStopped: true }), { outcome: "interrupted" });
    assert("wrong" in judge(callOf("start"), end, QUIET));
  });

  it("never accepts a failed stop or status", () => {
    const all = { ...QUIET, wasHit: true, wasStopped: true, lostLocks: true, sharesDatabase: true, mayGiveUp: true };
    assert("wrong" in judge(callOf("stop"), failing("database-busy"), all));
    assert("wrong" in judge(callOf("status"), failing("launch-failed"), all));
  });

  it("accepts a death by signal only if that signal was sent", () => {
    const end = { ...failing("interrupted"), code: null, signal: "SIGKILL" };
    assertEquals(judge(callOf("start"), end, { ...QUIET, hitBy: "SIGKILL" }), { outcome: "ended by SIGKILL" });
    assert("wrong" in judge(callOf("start"), end, { ...QUIET, hitBy: "SIGTERM" }));
  });

  it("finds internal errors and stacks anywhere in the output", () => {
    for (
      const text of [
        '{"error":{"code":"internal"}}',
        '{ "code": "internal" }',
        '{"event":"internal error"}',
        "Error: x\n    at main (file:///a/b.ts:1:2)",
        "error: Uncaught (in promise) Error: x",
      ]
    ) {
      assertNotEquals(findMistake(`before\n${text}\nafter`), null, text);
    }
    assertEquals(findMistake('{"state":"running","detail":"held by pid 12 at 3"}'), null);
  });
});

describe("the database watch", LINUX, () => {
  it("reports two processes that have one database open, and accepts one", () =>
    withTempDir(async (folder) => {
      const database = join(folder, "some.db");
      writeFileSync(database, "");
      const tail = ["/usr/bin/tail", "/bin/tail"].find((path) => existsSync(path))!;
      const found: Violation[] = [];
      const watch = watchDatabases([database], tail, (violation) => found.push(violation));
      const children: ChildProcess[] = [];
      try {
        children.push(spawn(tail, ["-f", database], { stdio: "ignore" }));
        const before = watch.figures.samples;
        await until("it has looked a few times", () => watch.figures.samples > before + 10);
        assertEquals(found, []);
        children.push(spawn(tail, ["-f", database], { stdio: "ignore" }));
        await until("it tells of both", () => found.length > 0);
      } finally {
        watch.end();
        for (const child of children) child.kill("SIGKILL");
      }
    }));
});

describe("the bystanders", LINUX, () => {
  it("report a signal, and are found by their mark", () =>
    withWorld(async (world) => {
      const [sleeper, server] = await startBystanders(world);
      sleeper!.check();
      assertEquals(findMarked(world).map(({ pid }) => pid).sort(), [sleeper!.pid, server!.pid].sort());
      process.kill(-server!.pid, "SIGTERM");
      await until("the server is missed", () => throws(() => server!.check()));
      process.kill(sleeper!.pid, "SIGSTOP");
      await until("the sleeper is missed", () => throws(() => sleeper!.check()));
      assertThrows(() => sleeper!.check(), Violation, "was stopped");
      await endMarked(world);
      assertEquals(findMarked(world), []);
    }));
});

function callOf(command: ToolCall["command"]): ToolCall {
  return { home: 0, runtime: "node", command, flags: [] };
}

function failing(code: string): CallEnd {
  const stdout = JSON.stringify({ schema: 1, error: { code, message: "because" } });
  return { code: 1, signal: null, stdout, stderr: "", begunMs: 0, endedMs: 1 };
}

function throws(action: () => void): boolean {
  try {
    action();
    return false;
  } catch {
    return true;
  }
}

async function withWorld(body: (world: World) => Promise<void>): Promise<void> {
  const world = await createWorld();
  try {
    await body(world);
  } finally {
    await endMarked(world);
    world.remove();
  }
}
