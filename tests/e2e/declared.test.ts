import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { launch, ownTool, withInstance } from "./support.ts";
import { searchAttributes } from "./support_data.ts";
import { pidsOf, stopCleanly } from "./support_lifecycle.ts";

const DECLARED = ["--search-attribute", "Color=keyword", "--search-attribute", "Size=Int"];
const ALL = ["Color=INDEXED_VALUE_TYPE_KEYWORD", "Size=INDEXED_VALUE_TYPE_INT"];

describe("a declared namespace or search attribute", () => {
  it("exists when start returns, on a new and on an existing database, or is a warning", async () => {
    await withInstance(async (instance) => {
      const first = await instance.start([
        "--headless",
        "--namespace",
        "orders",
        "--search-attribute",
        "Color=Keyword",
      ]);
      assertEquals(first.warnings, undefined);
      assertEquals(searchAttributes(instance, "orders"), ALL.slice(0, 1));
      assertEquals((await instance.stop(["--force"])).code, 0);

      const namespaces = ["--namespace", "orders", "--namespace", "billing"];
      const second = await instance.start(["--headless", ...namespaces, ...DECLARED]);
      assertEquals([second.namespace, second.warnings], ["orders", undefined]);
      for (const namespace of ["default", "orders", "billing"]) {
        assertEquals(searchAttributes(instance, namespace), ALL, namespace);
      }

      const three = ["A", "B", "C"].flatMap((name) => ["--search-attribute", `${name}=Datetime`]);
      assertEquals((await instance.run(["restart", ...three])).stderr, "");
      const fourth = await instance.run(["restart", "--search-attribute", "D=Datetime", "--json"]);
      const third = JSON.parse(fourth.stdout);
      assertEquals(third.healthy, true, fourth.stdout);
      assertStringIncludes(
        third.warnings.join("\n"),
        "Search attributes of namespace billing: ",
        "in Temporal's words",
      );
      await stopCleanly(instance, third);
    });
  });

  it("is a warning while it exists with another type", async () => {
    await withInstance(async (instance) => {
      const first = await instance.start(["--headless", ...DECLARED]);
      const other = await instance.run([
        "restart",
        "--search-attribute",
        "Color=Int",
        "--search-attribute",
        "Size=Int",
      ]);
      assertEquals(other.code, 0, other.stderr);
      assertStringIncludes(other.stderr, "Search attribute Color of namespace default is Keyword, not Int");
      assertEquals(searchAttributes(instance, "default"), ALL, "nothing was changed");
      assertEquals((await instance.status()).warnings?.length, 1);
      const logged = readFileSync(instance.paths.supervisorLog, "utf8").split("\n");
      assertEquals(logged.filter((line) => line.includes("Search attribute Color")).length, 1, "it is logged once");

      // Typed as it is printed, with another server as the default of Temporal's CLI.
      const typed = /`stigmer-local (run [^`]*)`/.exec(other.stderr)![1]!;
      const env = { TEMPORAL_ADDRESS: "127.0.0.1:1", TEMPORAL_NAMESPACE: "other", PATH: "/usr/bin:/bin" };
      const removal = await launch(["sh", "-c", `"$@" ${typed} --yes`, "sh", ...ownTool()], { env })
        .ended;
      assertEquals(removal.code, 0, removal.stderr);
      const mended = await instance.run(["restart", "--json"]);
      const status = JSON.parse(mended.stdout);
      assertEquals([status.healthy, status.warnings], [true, undefined]);
      assertEquals(searchAttributes(instance, "default"), ["Color=INDEXED_VALUE_TYPE_INT", ALL[1]!]);
      assertEquals(pidsOf(status).supervisor, pidsOf(first).supervisor);
      await stopCleanly(instance, status);
    });
  });
});
