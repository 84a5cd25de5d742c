import process from "node:process";
import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { freePorts } from "../free_ports.ts";
import { history, isAlive, type TestInstance, until, withInstance } from "./support.ts";
import { untilEvent } from "./support_events.ts";
import { pidsOf, stopCleanly } from "./support_lifecycle.ts";

/** Kills one Temporal after the other until its supervisor, which allows one restart, gives up. */
async function untilGivenUp(instance: TestInstance, supervisor: number): Promise<void> {
  const launchedBefore = history(instance).filter(({ event }) => event === "launched").length;
  for (let life = launchedBefore - 1; life <= launchedBefore; life++) {
    const { pid } = await untilEvent(instance, "launched", life + 1);
    await untilEvent(instance, "running", life + 1);
    process.kill(Number(pid), "SIGKILL");
  }
  await until("the supervisor is gone", () => !isAlive(supervisor));
}

describe("after a supervisor gave up", () => {
  for (const verb of ["start", "restart"]) {
    it(`a plain ${verb} comes up as what served, also after a failed try, and flags still win`, () =>
      withInstance(async (instance) => {
        const flags = ["--headless", "--namespace", "orders", "--max-restarts", "1"];
        const first = await instance.start(flags);
        await untilGivenUp(instance, pidsOf(first).supervisor);

        const failed = await instance.plain([verb, "--search-attribute", "A=Text", "--ip", "192.0.2.1"]);
        assertEquals(failed.code, 1, failed.stderr);
        assertEquals((await instance.status()).failure?.code, "launch-failed");

        const status = await instance.answer([verb, "--log-level", "error"]);
        assertEquals([status.address, status.uiUrl, status.namespace], [first.address, null, "orders"]);
        const same = await instance.plain(["start", "--max-restarts", "1", "--log-level", "error"]);
        assertEquals(same.code, 0, same.stderr);
        await stopCleanly(instance, await instance.status());
      }));
  }

  it("a stop forgets its settings, and a first start that never became ready leaves none", () =>
    withInstance(async (instance) => {
      const first = await instance.start(["--headless", "--namespace", "orders", "--max-restarts", "1"]);
      await untilGivenUp(instance, pidsOf(first).supervisor);
      assertEquals((await instance.stop()).code, 0);
      const { port, uiPort } = await freePorts();
      const ports = ["--port", `${port}`, "--ui-port", `${uiPort}`];
      const failed = await instance.plain(["start", ...ports, "--namespace", "billing", "--", "--no-such-flag"]);
      assertEquals(failed.code, 1);
      const status = await instance.start(["--headless"]);
      assertEquals([status.address, status.namespace], [first.address, "default"]);
      await stopCleanly(instance, status);
    }));
});
