import { linkSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Client, Connection } from "@temporalio/client";
import { freePorts } from "../free_ports.ts";
import { SETSID_IN_SHELL } from "../portable.ts";
import {
  assertNothingLeft,
  type Ended,
  history,
  otherRuntime,
  ownRuntime,
  type TestInstance,
  until,
  withInstance,
} from "./support.ts";
import { canCountWorkflows } from "./support_data.ts";
import { ask, untilEvent } from "./support_events.ts";
import { killHard, openChannel, pidsOf } from "./support_lifecycle.ts";
import { fakeTemporal, saysServing, withTemporalByHand } from "./support_strangers.ts";

/** A real Temporal that kills its supervisor and itself this long after its spawn. */
function doomedTemporal(folder: string, lifeMs: number): string {
  const killer = `${SETSID_IN_SHELL} sh -c "sleep ${lifeMs / 1000}; kill -9 $PPID $$" 3>&- &`;
  return fakeTemporal(folder, `${killer}\nexec "$TEMPORAL" "$@"`);
}

describe("a first start that is killed", () => {
  // Every 25 ms, half of them under each runtime; tests/database/files_real.test.ts has moments every 8 ms from when the
  // database appears, which is when the schema is made.
  const moments = Array.from({ length: 6 }, (_, index) => 50 * index + (ownRuntime === "deno" ? 0 : 25));

  it(`leaves a database that the next start can use, after ${moments[0]} to ${moments.at(-1)} ms`, async () => {
    const queue = moments.values();
    const work = () =>
      withInstance(async (instance) => {
        for (const moment of queue) await killAndStartAgain(instance, moment);
      });
    await Promise.all([work(), work()]);
  });
});

async function killAndStartAgain(instance: TestInstance, lifeMs: number): Promise<void> {
  const { paths, processes } = instance;
  await instance.run(["start", "--headless", "--temporal-bin", doomedTemporal(instance.home, lifeMs)]);
  const locks = [paths.supervisorLock, paths.processLock];
  await until("both are dead", () => locks.every((lock) => processes.lockHolders(lock).length === 0));
  const again = await instance.start(["--headless"]);
  assertEquals([again.healthy, again.reused], [true, false], `${lifeMs} ms: ${JSON.stringify(again)}`);
  const channel = await openChannel(instance);
  assert(await canCountWorkflows(channel), `${lifeMs} ms: its schema is not whole`);
  channel.close();
  await ask(instance, "POST", "/stop", { graceMs: 0 });
  rmSync(dirname(paths.defaultDatabase), { recursive: true });
}

/** Proves that `start` was refused because a process has the database, and left nothing. */
function assertBusy(instance: TestInstance, result: Ended, holderPid: number): void {
  assertEquals(result.code, 1, result.stdout + result.stderr);
  const { error } = JSON.parse(result.stdout);
  assertEquals([error.code, error.facts.pid], ["database-busy", holderPid], error.message);
  assertMatch(error.message, new RegExp(`pid ${holderPid}\\b`));
  assertMatch(error.hint, /--db-filename/);
  assertEquals(history(instance).filter(({ event }) => event === "launched"), []);
  assertNothingLeft(instance, []);
}

describe("one database", () => {
  it("has one instance, whichever homes and links lead to it", () =>
    withInstance((owner) =>
      withInstance(async (other) => {
        const database = owner.paths.defaultDatabase;
        const started = pidsOf(await owner.start(["--headless"]));
        const startOn = (path: string) => other.run(["start", "--json", "--headless", "--db-filename", path]);

        assertBusy(other, await startOn(database), started.supervisor);
        symlinkSync(database, join(other.home, "link.db"));
        assertBusy(other, await startOn(join(other.home, "link.db")), started.supervisor);
        mkdirSync(join(other.home, "temporal-data"));
        linkSync(database, other.paths.defaultDatabase); // SQLite does not detect hard links
        assertBusy(other, await other.run(["start", "--json", "--headless"]), started.temporal);

        await killHard(started.supervisor);
        assertBusy(other, await startOn(join(other.home, "link.db")), started.temporal);
        // The owner adopts, and reuses, its own by any name of the database.
        symlinkSync(dirname(database), join(owner.home, "link"));
        const linked = ["--headless", "--db-filename", join(owner.home, "link", basename(database))];
        for (const runtime of [ownRuntime, otherRuntime]) {
          const { reused, temporal } = await owner.start(linked, { runtime });
          assertEquals([reused, temporal?.pid, temporal?.adopted], [true, started.temporal, true]);
        }

        assertEquals((await owner.stop(["--force"])).code, 0);
        const { state, paths } = JSON.parse((await startOn(join(other.home, "link.db"))).stdout);
        assertEquals([state, paths.database], ["running", database]);
      })
    ));

  it("is refused while a Temporal that was started by hand has it, which keeps running", () =>
    withInstance(async (instance) => {
      const { port } = await freePorts();
      mkdirSync(join(instance.home, "temporal-data"));
      await withTemporalByHand(port, ["--db-filename", instance.paths.defaultDatabase], async (stranger) => {
        const result = await instance.run(["start", "--json", "--headless"]);
        assertBusy(instance, result, stranger.pid);
        assertMatch(JSON.parse(result.stdout).error.facts.command, /server start-dev/);
        assertEquals((await instance.stop()).code, 0);
        assert(await saysServing(port), "stop ended a foreign Temporal");
      });
      assertEquals((await instance.start(["--headless"])).state, "running");
    }));
});

describe("workflows that were acknowledged", () => {
  it("survive kill -9 of Temporal", () =>
    withInstance(async (instance) => {
      await instance.start(["--headless"]);
      const connection = await Connection.connect({
        address: `127.0.0.1:${instance.port}`,
        // Otherwise it waits a second between attempts.
        channelArgs: { "grpc.initial_reconnect_backoff_ms": 50, "grpc.max_reconnect_backoff_ms": 200 },
      });
      try {
        const client = new Client({ connection });
        const acknowledged = await startWorkflowsThroughCrashes(instance, client, connection);
        for (const workflowId of acknowledged) {
          const { status } = await client.workflow.getHandle(workflowId).describe();
          assertEquals(status.name, "RUNNING", workflowId);
        }
        await until(
          "all of them are counted",
          async () => (await client.workflow.count()).count >= acknowledged.length,
        );
      } finally {
        await connection.close();
      }
    }));
});

/** Starts workflows while Temporal is killed three times. Returns the IDs of the acknowledged ones. */
async function startWorkflowsThroughCrashes(
  instance: TestInstance,
  client: Client,
  connection: Connection,
): Promise<string[]> {
  const acknowledged: string[] = [];
  let tried = 0;
  let isOver = false;
  const work = async () => {
    while (!isOver) {
      const workflowId = `order-${tried++}`;
      const deadline = Date.now() + 2000;
      try {
        await connection.withDeadline(
          deadline,
          () => client.workflow.start("ship", { taskQueue: "orders", workflowId }),
        );
        acknowledged.push(workflowId);
      } catch (error) {
        // This one was not acknowledged.
        if (isOver || !(error instanceof Error)) throw error;
      }
    }
  };
  const workers = [work(), work()];
  for (let life = 1; life <= 3; life++) {
    const { pid } = await untilEvent(instance, "launched", life);
    await until("workflows are acknowledged", () => acknowledged.length >= 20 * life);
    process.kill(Number(pid), "SIGKILL");
    await untilEvent(instance, "running", life + 1);
  }
  await until("workflows are acknowledged again", () => acknowledged.length >= 80);
  isOver = true;
  await Promise.allSettled(workers);
  return acknowledged;
}
