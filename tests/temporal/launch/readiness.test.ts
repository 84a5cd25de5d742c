import { describe, it } from "node:test";
import { assertEquals, assertGreaterOrEqual, assertRejects } from "@std/assert";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { createProbe, type Readiness } from "../../../lib/instance/status/probe.ts";
import { waitUntilReady } from "../../../lib/temporal/launch/readiness.ts";
import { type FakeInstance, withFakeInstance } from "../../fakes/instance.ts";
import type { FakeProcess } from "../../fakes/process_table.ts";

/** The time that each of these launches has. */
const DEADLINE_MS = 5_000;

async function untilReady(
  fake: FakeInstance,
  { pid }: FakeProcess,
  signal = new AbortController().signal,
  onServing = () => {},
): Promise<Readiness> {
  const settings = fake.settings();
  const probe = createProbe(fake.system.connect, settings);
  const serving = async (timeoutMs: number) => {
    const result = await probe.serving(timeoutMs);
    if (result.ok) onServing();
    return result;
  };
  try {
    return await waitUntilReady(pid, settings, { ...probe, serving }, fake.system, DEADLINE_MS, signal);
  } finally {
    probe.close();
  }
}

describe("waitUntilReady()", () => {
  it(
    "tells when Temporal became ready, however late it serves",
    withFakeInstance(async (fake) => {
      const launchedAtMs = fake.system.nowMs();
      const temporal = await fake.orphan({ answers: "refuses" });
      fake.system.clock.after(4_000, () => fake.system.ports.listen(temporal, "127.0.0.1", 7233));
      assertGreaterOrEqual((await untilReady(fake, temporal)).atMs - launchedAtMs, 4_000);
    }),
  );

  it(
    "takes a listener of Temporal's group for its own",
    withFakeInstance(async (fake) => {
      const temporal = await fake.orphan({ answers: "refuses" });
      fake.system.ports.listen(fake.system.table.fork(temporal), "127.0.0.1", 7233);
      await untilReady(fake, temporal);
    }),
  );

  it(
    "names the foreign process that serves on Temporal's port",
    withFakeInstance(async (fake) => {
      const temporal = await fake.orphan({ answers: "refuses" });
      const foreign = fake.system.table.spawn({ argv: ["temporal"] }, 1);
      fake.system.ports.listen(foreign, "127.0.0.1", 7233);
      const error = await assertRejects(() => untilReady(fake, temporal), LocalError);
      assertEquals([error.code, error.facts["pid"]], ["port-taken", foreign.pid]);
    }),
  );

  it(
    "does not say that its port is taken when Temporal is killed once it serves, and loses the port before its end is seen",
    withFakeInstance(async (fake) => {
      const temporal = await fake.orphan();
      const endSeen = new AbortController();
      const kill = () => {
        fake.system.table.exit(temporal);
        fake.system.clock.after(50, () => endSeen.abort(new Error("end seen")));
      };
      await assertRejects(() => untilReady(fake, temporal, endSeen.signal, kill), Error, "end seen");
    }),
  );

  for (const answers of ["refuses", "never", "is no Temporal"] as const) {
    it(
      `gives up at its deadline, and says what is missing, on one that ${
        answers === "never" ? "never answers" : answers
      }`,
      withFakeInstance(async (fake) => {
        const begunAtMs = fake.system.nowMs();
        const temporal = await fake.orphan({ answers });
        const error = await assertRejects(() => untilReady(fake, temporal), LocalError);
        assertEquals([error.code, error.facts["check"]], ["timeout", "health"]);
        assertGreaterOrEqual(fake.system.nowMs() - begunAtMs, DEADLINE_MS);
      }),
    );
  }

  it(
    "ends its wait when it is aborted",
    withFakeInstance(async (fake) => {
      const temporal = await fake.orphan({ answers: "refuses" });
      const abort = new AbortController();
      fake.system.clock.after(500, () => abort.abort(new Error("stopped")));
      await assertRejects(() => untilReady(fake, temporal, abort.signal), Error, "stopped");
      assertEquals(fake.system.signals.sent, []);
    }),
  );
});
