import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { Status } from "../../lib/instance/status/status.ts";
import {
  configure,
  otherRuntime,
  ownRuntime,
  portOf,
  type Runtime,
  type TestInstance,
  withInstance,
} from "./support.ts";
import { whileInUse } from "./support_strangers.ts";

/** Runs `start` or `restart` with these flags and without the test's ports. */
function bringUp(instance: TestInstance, args: readonly string[], runtime: Runtime = ownRuntime): Promise<Status> {
  return instance.answer([...args, "--headless"], { runtime });
}

const AUTO = ["start", "--port", "auto"];

describe("--port auto", () => {
  it("gives homes that start at once different ports, and each the same one again", () =>
    withInstance((first) =>
      withInstance((second) =>
        withInstance(async (third) => {
          const instances = [first, second, third];
          const started = await Promise.all(
            instances.map((instance, index) => bringUp(instance, AUTO, index === 0 ? otherRuntime : ownRuntime)),
          );
          const ports = started.map(portOf);
          assertEquals(new Set(ports).size, 3, `${ports}`);
          const reused = await bringUp(first, AUTO);
          assertEquals([reused.reused, portOf(reused)], [true, ports[0]]);
          assertEquals((await bringUp(second, ["start"])).reused, true);
          assertEquals(portOf(await bringUp(second, ["restart"])), ports[1]);
          assertEquals((await third.stop(["--force"])).code, 0);
          assertEquals(portOf(await bringUp(third, AUTO)), ports[2]);
        })
      )
    ));

  it("picks another port, and says so, when the kept one was taken meanwhile", () =>
    withInstance(async (instance) => {
      const first = await bringUp(instance, AUTO);
      const kept = portOf(first);
      assertEquals((await instance.stop(["--force"])).code, 0);
      await whileInUse(kept, async () => {
        const second = await bringUp(instance, AUTO);
        assertNotEquals(portOf(second), kept);
        assertMatch((second.warnings ?? []).join("\n"), new RegExp(`${kept}.*it was saved for this home`));
        assertEquals((await instance.stop(["--force"])).code, 0);
        const named = await instance.run(["start", "--json", "--headless", "--port", `${kept}`]);
        assertEquals([named.code, JSON.parse(named.stdout).error.code], [1, "port-taken"]);
        assertEquals(portOf(await bringUp(instance, AUTO)), portOf(second));
      });
    }));

  it("works in config.yaml, with the UI a thousand above", () =>
    withInstance(async (instance) => {
      configure(instance, "port: auto");
      const status = await instance.answer(["start"]);
      assertEquals(status.uiUrl, `http://127.0.0.1:${portOf(status) + 1000}`);
      assert((await fetch(status.uiUrl!)).ok);
      const { settings } = await instance.answer<{ settings: { name: string; value: unknown }[] }>(["config"]);
      assertEquals(settings.find(({ name }) => name === "port")?.value, portOf(status));
    }));
});
