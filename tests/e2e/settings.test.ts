import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { freePorts } from "../free_ports.ts";
import { type TestInstance, withInstance } from "./support.ts";
import { pidsOf } from "./support_lifecycle.ts";

/** Writes the tool's section of the home's `config.yaml`, lines of YAML, and a section of another tool. */
function writeConfig({ paths }: TestInstance, ...lines: string[]): void {
  const head = ["# for several tools", "llm: {provider: none}", "backend:", "  local:", "    temporal:"];
  writeFileSync(paths.config, [...head, ...lines.map((line) => `      ${line}`)].join("\n") + "\n");
}

describe("config.yaml", () => {
  it("is read by start, and by restart when it has changed; with an error it changes nothing", async () => {
    await withInstance(async (instance) => {
      const { port, uiPort } = instance;
      writeConfig(instance, `port: ${port}`, `ui_port: ${uiPort}`, "ui_public_path: temporal", "namespace: orders");
      const first = await instance.answer(["start"]);
      assertEquals([first.address, first.namespace], [`127.0.0.1:${port}`, "orders"]);
      assertEquals(first.uiUrl, `http://127.0.0.1:${uiPort}/temporal`);
      assertEquals((await fetch(first.uiUrl!)).status, 200);
      assert((await instance.answer(["start"])).reused);

      const metrics = (await freePorts()).port;
      const changed = ["headless: true", `metrics_port: ${metrics}`, "namespaces: [orders]", "log: {max_size: 1MB}"];
      writeConfig(instance, `port: ${port}`, ...changed);
      const refused = await instance.plain(["start"]);
      assertEquals(refused.code, 1);
      assertStringIncludes(
        refused.stderr,
        `headless is false, requested true; metrics-port is not set, requested ${metrics}; log-max-size is 10MB, requested 1MB`,
      );
      assertStringIncludes(
        (await instance.plain(["run", "--", "true"])).stderr,
        "Temporal is already running with different settings",
      );
      assertEquals(pidsOf(await instance.answer(["status"])), pidsOf(first), "nothing was touched");

      const second = await instance.answer(["restart"]);
      assertEquals([second.uiUrl, second.address], [null, first.address]);
      assert(/^# TYPE /m.test(await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text()), "Prometheus' format");
      assert((await instance.answer(["start"])).reused);

      // With an error it changes nothing, and stop still works.
      writeConfig(instance, "headless: true", "prot: 7233");
      for (const command of ["start", "restart", "env"]) {
        const { code, stdout, stderr } = await instance.plain([command]);
        assertEquals([code, stdout], [2, ""], command);
        assertStringIncludes(stderr, `${instance.paths.config}:7: Unknown key \`prot\``, command);
        assertStringIncludes(stderr, "Did you mean `port`?", command);
      }
      const asJson = JSON.parse((await instance.plain(["start", "--json"])).stdout);
      assertEquals([asJson.error.code, asJson.error.facts.line], ["usage", 7]);
      assertEquals((await instance.plain(["logs"])).code, 0);

      writeConfig(instance, "headless: true", "ip: [");
      assertStringIncludes((await instance.plain(["start"])).stderr, `${instance.paths.config}:8:`);
      rmSync(instance.paths.config);
      assertEquals(pidsOf(await instance.answer(["start"])), pidsOf(second));

      writeConfig(instance, "port: abc");
      const stopped = await instance.plain(["stop"]);
      assertEquals(stopped.code, 0, stopped.stderr);
      assertStringIncludes(stopped.stderr, "warning: ignoring config.yaml: ");
      assertStringIncludes(stopped.stdout, `Temporal stopped (pid ${pidsOf(second).temporal})`);
    });
  });
});

describe("config", () => {
  it("shows each setting and its source, from the cache and from the file", async () => {
    await withInstance(async (instance) => {
      const { paths } = instance;
      const { settings, file } = JSON.parse((await instance.run(["config", "--json"])).stdout);
      assertEquals(file, paths.config);
      assert(settings.every(({ source }: { source: { kind: string } }) => source.kind !== "file"));
      assert(!existsSync(paths.configRead), "there is no cache without a file");

      writeConfig(instance, `port: ${instance.port}`, "restart: {max: 3}");
      const env = { STIGMER_NAMESPACE: "orders", STIGMER_TEMPORAL_BIN: undefined };
      const show = async () => (await instance.run(["config", "--headless"], { env })).stdout;
      const shown = await show();
      for (
        const [key, value, source] of [
          ["port", instance.port, "config.yaml:6"],
          ["headless", true, "--headless"],
          ["namespaces", "orders", "$STIGMER_NAMESPACE"],
          ["restart.max", 3, "config.yaml:7"],
          ["ip", "127.0.0.1", "default"],
        ]
      ) assert(new RegExp(`^${key} +${value} +${String(source).replace("$", "\\$")}$`, "m").test(shown), shown);

      const kept = readFileSync(paths.configRead, "utf8");
      assertEquals(statSync(paths.configRead).mode & 0o777, 0o600);
      assert(!kept.includes("provider"), "what is not ours is not kept");
      assertEquals(await show(), shown);
      assertEquals(readFileSync(paths.configRead, "utf8"), kept);

      for (const damage of ["{", kept.replace(/"section":.*/, '"section":{"line":"x"}}')]) {
        writeFileSync(paths.configRead, damage);
        assertEquals(await show(), shown, damage);
      }
      writeConfig(instance, `port: ${instance.uiPort}`);
      assertNotEquals(await show(), shown);
    });
  });
});
