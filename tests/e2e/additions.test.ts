import { describe, it } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { configure, otherRuntime, type TestInstance, until, withInstance } from "./support.ts";
import { askTemporal, searchAttributes } from "./support_data.ts";
import { untilEvent } from "./support_events.ts";
import { killHard, pidsOf, recordOf, stopCleanly } from "./support_lifecycle.ts";

/** Starts a workflow, which a namespace that exists only half would refuse. */
function startWorkflow(instance: TestInstance, namespace: string): void {
  const what = ["--type", "any", "--task-queue", "any", "--workflow-id", `in-${namespace}`];
  askTemporal(instance, "workflow", "start", "--namespace", namespace, ...what);
}

describe("start on a running instance", () => {
  it("creates namespaces and search attributes that are only added, by file or flag, and restarts nothing", () =>
    withInstance(async (instance) => {
      configure(instance, "headless: true, namespaces: [orders], search_attributes: { A: Text }");
      const first = await instance.start();

      configure(instance, "headless: true, namespaces: [orders, billing], search_attributes: { A: Text, B: Int }");
      const second = await instance.start([], { runtime: otherRuntime });
      assertEquals([second.reused, second.namespace, second.warnings], [true, "orders", undefined]);
      assertEquals(second.namespaces, ["default", "orders", "billing"]);
      assertEquals(pidsOf(second), pidsOf(first));
      startWorkflow(instance, "billing");
      for (const namespace of ["default", "orders", "billing"]) {
        assertEquals(searchAttributes(instance, namespace).map((each) => each.slice(0, 2)), ["A=", "B="], namespace);
      }
      assertEquals([recordOf(instance).settings?.namespaces, recordOf(instance).settings?.searchAttributes], [[
        "orders",
        "billing",
      ], [
        "A=Text",
        "B=Int",
      ]]);

      const flags = ["orders", "billing", "shipping"].flatMap((name) => ["--namespace", name]);
      const third = await instance.run(["start", ...flags]);
      assertEquals(third.code, 0, third.stderr);
      startWorkflow(instance, "shipping");
      assertEquals((await instance.status()).namespaces, ["default", "orders", "billing", "shipping"]);

      await killHard(pidsOf(first).temporal);
      await untilEvent(instance, "running", 2);
      assertEquals((await instance.status()).namespaces, ["default", "orders", "billing", "shipping"]);
      const argv = instance.processes.argv(pidsOf(await instance.status()).temporal)!;
      assertEquals(argv.includes("shipping"), true, argv.join(" "));
      await stopCleanly(instance, await instance.status());
    }));

  it("still refuses what is taken away, and names what Temporal does not accept", () =>
    withInstance(async (instance) => {
      const first = await instance.start(["--headless", "--namespace", "orders", "--search-attribute", "A=Text"]);
      const cases: [args: string[], message: string][] = [
        [["--namespace", "billing"], "namespace is orders, requested billing"],
        [["--search-attribute", "A=Int"], "search-attribute is A=Text, requested A=Int"],
        [["A", "B", "C", "D"].flatMap((name) => ["--search-attribute", `${name}=Text`]), "Too many search attributes"],
        [["--namespace", "orders", "--namespace", "x".repeat(1100)], "Cannot add namespace xxx"],
      ];
      for (const [args, message] of cases) {
        const { code, stderr } = await instance.run(["start", ...args]);
        assertEquals(code, 1, stderr);
        assertStringIncludes(stderr, message);
      }
      assertEquals(recordOf(instance).settings?.namespaces, ["orders"]);
      assertEquals(pidsOf(await instance.status()), pidsOf(first));
      await stopCleanly(instance, first);
    }));

  it("adds to a Temporal whose supervisor was killed, and to one that is still starting", () =>
    withInstance(async (instance) => {
      const first = await instance.start(["--headless"]);
      await killHard(pidsOf(first).supervisor);
      const adopted = await instance.start(["--namespace", "orders"]);
      assertEquals([pidsOf(adopted).temporal, adopted.namespaces], [pidsOf(first).temporal, ["default", "orders"]]);
      startWorkflow(instance, "orders");
      assertEquals(recordOf(instance).settings?.namespaces, ["orders"]);
      await killHard(pidsOf(first).temporal);
      const flags = ["--namespace", "orders", "--namespace", "billing"];
      const { code, stderr } = await instance.run(["start", "--no-wait", ...flags]);
      assertEquals(code, 0, stderr);
      await until("billing was added", async () => (await instance.now())?.namespaces?.includes("billing"));
      startWorkflow(instance, "billing");
      await stopCleanly(instance, await instance.status(), [pidsOf(first).temporal]);
    }));
});
