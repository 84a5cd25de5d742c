import { describe, it } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { configure, withInstance } from "./support.ts";
import { makeNamespace, pidsOf } from "./support_lifecycle.ts";

const PRINT = ["--", "sh", "-c", "echo $TEMPORAL_NAMESPACE"];

describe("--namespace of a command that uses the instance", () => {
  it("selects one that is declared or exists, for that command alone; another is an error that lists them", () =>
    withInstance(async (instance) => {
      configure(instance, `port: ${instance.port}, ui_port: ${instance.uiPort}, namespaces: [orders, billing]`);
      const stopped = await instance.run(["env", "--json", "--namespace", "billing"]);
      assertEquals(JSON.parse(stopped.stdout).TEMPORAL_NAMESPACE, "billing");

      const message = "error: Namespace `shipping` does not exist: this instance has billing, default, orders\n";
      const refused = async (command: string, ...rest: string[]) => {
        const { code, stdout, stderr } = await instance.run([command, "--namespace", "shipping", ...rest]);
        assertEquals([code, stdout], [1, ""], command);
        assertStringIncludes(stderr, message, command);
        assertStringIncludes(
          stderr,
          "--namespace orders --namespace billing --namespace shipping` creates it",
          command,
        );
      };
      for (const command of ["env", "status"]) await refused(command);
      await refused("run", ...PRINT);
      const started = await instance.status();
      assertEquals(started.healthy, true, "it was started for the command that could not run");
      for (const command of ["env", "status", "wait", "ui"]) await refused(command);
      const twice = await instance.run(["status", "--namespace", "orders", "--namespace", "billing"]);
      assertEquals(twice.code, 2);

      await makeNamespace(instance, "by-hand");
      for (const namespace of ["billing", "by-hand"]) {
        const select = ["--namespace", namespace];
        assertEquals((await instance.run(["run", ...select, ...PRINT])).stdout, `${namespace}\n`);
        for (const command of ["status", "wait"]) {
          const { code, stdout } = await instance.run([command, "--json", ...select]);
          assertEquals([code, JSON.parse(stdout).namespace], [0, namespace], stdout);
        }
        const env = await instance.run(["env", "--json", ...select]);
        assertEquals(JSON.parse(env.stdout).TEMPORAL_NAMESPACE, namespace);
        const ui = await instance.run(["ui", "--print", ...select]);
        assertEquals(ui.stdout, `${started.uiUrl}/namespaces/${namespace}/workflows\n`);
        assertEquals((await fetch(ui.stdout.trim())).status, 200);
      }
      assertEquals((await instance.run(["run", "--namespace", "default", ...PRINT])).stdout, "default\n");
      assertEquals((await instance.run(["ui", "--print"])).stdout, `${started.uiUrl}\n`);
      const after = await instance.status();
      assertEquals([after.namespace, pidsOf(after)], ["orders", pidsOf(started)]);

      assertEquals((await instance.stop(["--force"])).code, 0);
      const cold = await instance.run(["run", "--namespace", "billing", ...PRINT]);
      assertEquals([cold.code, cold.stdout], [0, "billing\n"], cold.stderr);
    }));

  it("creates the namespace on an instance that run starts, where none is declared", () =>
    withInstance(async (instance) => {
      const { code, stdout, stderr } = await instance.run([
        "run",
        ...instance.ports,
        "--namespace",
        "orders",
        ...PRINT,
      ]);
      assertEquals([code, stdout], [0, "orders\n"], stderr);
      const status = await instance.status();
      assertEquals(status.namespaces, ["default", "orders"]);
      const other = await instance.run(["run", "--namespace", "billing", ...PRINT]);
      assertEquals(other.code, 1);
      assertStringIncludes(other.stderr, "Namespace `billing` does not exist: this instance has default, orders");
    }));
});
