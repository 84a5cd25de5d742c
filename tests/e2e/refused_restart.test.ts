import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Status } from "../../lib/instance/status/status.ts";
import { freePorts } from "../free_ports.ts";
import { configure, temporalBinary, type TestInstance, withInstance } from "./support.ts";
import { ask } from "./support_events.ts";
import { pidsOf, recordOf } from "./support_lifecycle.ts";
import { whileInUse } from "./support_strangers.ts";

const TEXTS = ["A", "B", "C", "D"].flatMap((name) => ["--search-attribute", `${name}=Text`]);

/** `restart` with these flags fails with `message`, and Temporal was not touched. */
async function assertRefused(instance: TestInstance, before: Status, flags: string[], message: string): Promise<void> {
  const { code, stderr } = await instance.run(["restart", ...flags]);
  assertEquals(code, 1, stderr);
  assertStringIncludes(stderr, message);
  assertStringIncludes(stderr, "; the running Temporal was not stopped");
  assertEquals(pidsOf(await ask(instance, "GET", "/status")), pidsOf(before));
}

describe("a restart that could only fail", () => {
  it("is refused before anything is stopped, whatever is wrong with it", async () => {
    await withInstance(async (instance) => {
      const binary = join(instance.home, "temporal-copy");
      copyFileSync(temporalBinary(), binary);
      const before = await instance.start(["--temporal-bin", binary]);
      const taken = (await freePorts()).port;
      const folder = join(instance.home, "folder");
      mkdirSync(folder);
      await whileInUse(taken, async () => {
        const cases: [flags: string[], message: string][] = [
          [["--http-port", `${taken}`], `Port ${taken} is taken`],
          [["--", "--http-port", `${taken}`], `Port ${taken} is taken`],
          [["--", `--metrics-port=${taken}`], `Port ${taken} is taken`],
          [["--http-port", `${instance.port}`], `--port and --http-port are both set to ${instance.port}`],
          [TEXTS, "Too many search attributes of type Text: 4 (A, B, C, D)"],
          [["--", ...TEXTS], "Too many search attributes of type Text: 4 (A, B, C, D)"],
          [["--sqlite-pragma", "synchronous=a b"], "for --sqlite-pragma"],
          [["--", "--no-such-flag"], "unknown flag: --no-such-flag"],
          [["--ui-asset-path", folder], "it has no index.html"],
          [["--db-filename", folder], "it is a directory"],
          [["--db-filename", join(folder, "none", "x.db")], "does not exist"],
          [["--", "--dynamic-config-value", "a=b"], "for --dynamic-config-value"],
          [["--temporal-bin", "/bin/false"], "Temporal"],
        ];
        for (const [flags, message] of cases) await assertRefused(instance, before, flags, message);
        rmSync(binary);
        const env = { STIGMER_TEMPORAL_BIN: undefined };
        const { stderr } = await instance.run(["restart"], { env });
        assertStringIncludes(stderr, `Cannot run ${binary}: file not found; the running Temporal was not stopped`);
        assertEquals(pidsOf(await ask(instance, "GET", "/status")), pidsOf(before));
      });
    });
  });

  it("is refused at a first start, too, and launches nothing", async () => {
    await withInstance(async (instance) => {
      const { code, stderr } = await instance.run(["start", ...TEXTS]);
      assertEquals(code, 1);
      assertStringIncludes(stderr, "Too many search attributes of type Text: 4 (A, B, C, D)");
      assertEquals((await instance.status()).temporal, null);
    });
  });
});

describe("the port of the HTTP API, pragmas and the logged configuration", () => {
  it("are settings: from the file, known to the record, compared by start, kept by restart", async () => {
    await withInstance(async (instance) => {
      const { port, uiPort } = await freePorts();
      configure(instance, `http_port: ${port}, log_config: true, sqlite_pragmas: { synchronous: 1 }`);
      const first = await instance.start();
      assertEquals((await fetch(`http://127.0.0.1:${port}/api/v1/namespaces`)).status, 200);
      const { httpPort, logConfig, sqlitePragmas } = recordOf(instance).settings!;
      assertEquals([httpPort, logConfig, sqlitePragmas], [port, true, ["synchronous=1"]]);
      assertStringIncludes(readFileSync(instance.paths.temporalLog, "utf8"), "numHistoryShards");
      assertEquals((await instance.start()).reused, true);
      const other = await instance.run(["start", "--http-port", `${uiPort}`]);
      assertStringIncludes(other.stderr, `http-port is ${port}, requested ${uiPort}`);
      rmSync(instance.paths.config);
      const restarted = await instance.run(["restart", "--json"]);
      assertEquals(restarted.code, 0, restarted.stdout);
      assertEquals((await fetch(`http://127.0.0.1:${port}/api/v1/namespaces`)).status, 200);
      assertEquals(first.healthy, true);
    });
  });
});
