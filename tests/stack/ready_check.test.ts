import { hostname } from "node:os";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { ReadyWhen } from "../../lib/config/processes.ts";
import type { Poller } from "../../lib/grpc/task_queues.ts";
import { ReadyCheck, SILENT_MS } from "../../lib/stack/ready_check.ts";
import type { TrackedProcess } from "../../lib/process/tracked_process.ts";
import type { Surroundings } from "../../lib/stack/surroundings.ts";
import { type FakeInstance, withFakeInstance } from "../fakes/instance.ts";
import { freePort } from "../free_ports.ts";
import { processSettings, surroundings } from "./support.ts";

/** A check of a process that was launched `agoMs` ago. */
function checkOf(
  { system, instance }: FakeInstance,
  readyWhen: ReadyWhen,
  agoMs = 600_000,
  changes: Partial<Surroundings> = {},
) {
  const settings = processSettings({ readyWhen });
  const leader = system.table.spawn({ argv: ["worker"] });
  const process: TrackedProcess = {
    pid: leader.pid,
    startTime: leader.startTime,
    executable: null,
    startedAtMs: Date.now() - agoMs,
    adopted: false,
    ended: new Promise(() => {}),
  };
  return { leader, process, check: new ReadyCheck(instance, settings, surroundings(changes)) };
}

const QUEUES: ReadyWhen = { kind: "task-queues", taskQueues: ["orders", "billing"] };

describe("ReadyCheck", () => {
  it(
    "takes one without a condition for ready once it has settled",
    withFakeInstance(async (fake) => {
      const fresh = checkOf(fake, { kind: "running" }, 0);
      assertEquals((await fresh.check.isReady(fresh.process)).ok, false);
      const settled = checkOf(fake, { kind: "running" }, 1000);
      assertEquals(await settled.check.isReady(settled.process), { ok: true });
      assertEquals(settled.check.taskQueues, []);
    }),
  );

  it(
    "looks for a poller of each task queue, by the PIDs of its group",
    withFakeInstance(async (fake) => {
      const pollers = new Map<string, Poller[]>();
      const asked: string[] = [];
      const { check, process, leader } = checkOf(fake, QUEUES, 600_000, {
        pollersOf: (namespace, queue, kind) => {
          asked.push(`${namespace} ${queue} ${kind}`);
          return Promise.resolve(kind === "activity" ? pollers.get(queue) ?? [] : []);
        },
      });
      const child = fake.system.table.fork(leader);
      assertEquals(await check.isReady(process), { ok: false, problem: "it does not poll task queue `orders`" });
      pollers.set("orders", [{ identity: `${child.pid}@${hostname()}`, polledAtMs: Date.now() }]);
      pollers.set("billing", [{ identity: `1@${hostname()}`, polledAtMs: Date.now() }]);
      assertEquals(await check.isReady(process), { ok: false, problem: "it does not poll task queue `billing`" });
      const polledAtMs = Date.now() - 5000;
      pollers.set("billing", [{ identity: `${leader.pid}@${hostname()}@billing`, polledAtMs }]);
      assertEquals(await check.isReady(process), { ok: true });
      assertEquals(check.taskQueues[1], {
        name: "billing",
        workflow: null,
        activity: new Date(polledAtMs).toISOString(),
      });
      assert(asked.includes("default billing workflow"));
    }),
  );

  it(
    "calls one that has not polled for long unhealthy, unless Temporal or the process came up meanwhile",
    withFakeInstance(async (fake) => {
      let servesSinceMs: number | null = 0;
      const changes: Partial<Surroundings> = {
        servesSinceMs: () => servesSinceMs,
        pollersOf: () => Promise.resolve([{ identity: "own", polledAtMs: Date.now() - SILENT_MS - 10_000 }]),
      };
      const { check, process } = checkOf(fake, QUEUES, 600_000, changes);
      const result = await check.isHealthy(process);
      assert(
        !result.ok && /^it has not polled task queue `orders` for 8\d s$/.test(result.problem),
        JSON.stringify(result),
      );
      assertEquals(await check.isReady(process), { ok: true }, "for one that has just been launched any poll will do");
      for (servesSinceMs of [null, Date.now() - 1000]) assertEquals(await check.isHealthy(process), { ok: true });
      servesSinceMs = 0;
      const young = checkOf(fake, QUEUES, 1000, changes);
      assertEquals(await young.check.isHealthy(young.process), { ok: true });
    }),
  );

  it(
    "tells why Temporal does not tell its pollers",
    withFakeInstance(async (fake) => {
      const { check, process } = checkOf(fake, QUEUES, 600_000, {
        pollersOf: () => Promise.resolve({ why: "no reply" }),
      });
      assertEquals(await check.isReady(process), { ok: false, problem: "task queue orders: no reply" });
    }),
  );

  it(
    "wants its own group to listen on the port, on any address, and names who does",
    withFakeInstance(async (fake) => {
      const port = await freePort();
      const { check, process, leader } = checkOf(fake, { kind: "port", port });
      const { table, ports } = fake.system;
      assertEquals(await check.isReady(process), { ok: false, problem: `it does not listen on port ${port}` });
      const stranger = table.spawn({ argv: ["stranger"] }, 1);
      ports.listen(stranger, "127.0.0.1", port, "is no Temporal");
      assertEquals(await check.isReady(process), {
        ok: false,
        problem: `port ${port} is taken by pid ${stranger.pid} (stranger)`,
      });
      table.exit(stranger);
      ports.listen(table.fork(leader), "::1", port, "is no Temporal");
      assertEquals(await check.isReady(process), { ok: true });
      assertEquals(await check.isHealthy(process), { ok: true }, "it need not have 127.0.0.1");
    }),
  );

  it(
    "finds the similar task queue that is polled instead",
    withFakeInstance(async (fake) => {
      const { check, process, leader } = checkOf(fake, QUEUES, 600_000, {
        pollersOf: (_, queue) =>
          Promise.resolve(
            queue === "order" ? [{ identity: `${leader.pid}@${hostname()}`, polledAtMs: Date.now() }] : [],
          ),
      });
      assertEquals(await check.otherQueue(process, "orders", ""), "order");
      assertEquals(await check.otherQueue(process, "billing", ""), null);
    }),
  );
});
