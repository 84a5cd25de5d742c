import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { describeNamespace } from "../../lib/grpc/health.ts";
import type { Status } from "../../lib/instance/status/status.ts";
import { assertNothingLeft, DEADLINE_MS, otherRuntime, withInstance } from "./support.ts";
import { killHard, openChannel, pidsOf } from "./support_lifecycle.ts";
import { fakeTemporal } from "./support_strangers.ts";

/** Without a binary: what runs is enough. */
const ALONE = { env: { STIGMER_TEMPORAL_BIN: undefined } };

describe("start", () => {
  it("refuses settings that differ from the running ones, and wrong arguments for Temporal, and names them", () =>
    withInstance(async (instance) => {
      const first = await instance.start(["--namespace", "orders"]);
      const elsewhere = join(instance.home, "elsewhere.db");
      const binary = fakeTemporal(instance.home, 'exec "$TEMPORAL" "$@"');
      const cases: [args: string[], setting: string, running: unknown, asked: unknown][] = [
        [["--port", `${instance.uiPort}`], "port", instance.port, instance.uiPort],
        [["--headless"], "headless", false, true],
        [["--db-filename", elsewhere], "db-filename", instance.paths.defaultDatabase, elsewhere],
        [["--namespace", "billing"], "namespace", ["orders"], ["billing"]],
        [["--", "--sqlite-pragma", "synchronous=1"], "what follows --", [], ["--sqlite-pragma", "synchronous=1"]],
        [["--max-restarts", "3"], "max-restarts", 10, 3],
        [["--temporal-bin", binary], "temporal-bin", first.temporal!.binary, binary],
      ];
      const results = await Promise.all(cases.map(([args]) => instance.plain(["start", "--json", ...args], ALONE)));
      for (const [index, [, setting, running, asked]] of cases.entries()) {
        const { code, stdout } = results[index]!;
        assertEquals(code, 1, stdout);
        const { error } = JSON.parse(stdout);
        assertEquals(error.code, "settings-differ");
        assertEquals(error.facts.differences, [{ setting, running, asked }]);
      }
      const both = await instance.plain(["start", "--headless", "--namespace", "billing"], ALONE);
      assertEquals([both.code, both.stdout], [1, ""]);
      const [error, hint] = both.stderr.split("\n");
      assertEquals(
        error,
        "error: Temporal is already running with different settings: headless is false, requested true; namespace is orders, requested billing",
      );
      assertMatch(
        hint!,
        /^hint: `stigmer-local restart --home '.*'` with the same flags applies them; a different --home /,
      );

      for (const command of ["start", "restart"]) {
        const { code, stderr } = await instance.plain([command, "--", "--port", "7233"], ALONE);
        assertEquals(code, 2, stderr);
        assertMatch(stderr, /^error: `--port` cannot be passed to Temporal after `--`\nhint: Put it before the `--`/);
      }

      const same = await instance.answer(["start", "--namespace", "orders", "--port", `${instance.port}`], ALONE);
      assertEquals(pidsOf(same), pidsOf(first));
    }));
});

describe("stop", () => {
  it("succeeds twice, after a restart that started Temporal, because it was not running", () =>
    withInstance(async (instance) => {
      const restart = await instance.run(["restart", "--headless"]);
      assertEquals(restart.code, 0);
      assertMatch(restart.stdout, /^● Temporal is running$/m);
      const { temporal, supervisor } = pidsOf(await instance.status());
      const first = await instance.stop();
      assertEquals([first.code, first.stdout], [0, `Temporal stopped (pid ${temporal})\n`]);
      assertNothingLeft(instance, [temporal, supervisor]);
      const second = await instance.stop();
      assertEquals([second.code, second.stdout], [0, "Temporal was not running\n"]);
      const { stdout } = await instance.stop(["--json"]);
      assertEquals(JSON.parse(stdout), { schema: 1, state: "stopped", stopped: false, pid: null, forced: false });
    }));
});

describe("restart", () => {
  it("keeps the running settings, and applies the given ones", () =>
    withInstance(async (instance) => {
      const argv = (status: Status) => instance.processes.argv(status.temporal!.pid)!.slice(1);
      const flags = ["--namespace", "orders", "--log-level", "error", "--max-restarts", "3"];
      const first = await instance.start([...flags, "--", "--sqlite-pragma", "synchronous=1"]);
      const arguments_ = argv(first);

      const kept = await instance.answer(["restart"], { ...ALONE, runtime: otherRuntime });
      assert(kept.temporal!.pid !== first.temporal!.pid, "the process is the old one");
      assertEquals(kept.supervisor!.pid, first.supervisor!.pid);
      assertEquals([argv(kept), kept.restarts], [arguments_, 0]);

      const changed = await instance.answer([
        "restart",
        "--headless",
        "--namespace",
        "billing",
        "--max-restarts",
        "4",
      ], ALONE);
      assertEquals([changed.uiUrl, changed.namespace, changed.address], [null, "billing", first.address]);
      for (const part of ["--headless", "billing", "synchronous=1", "error"]) {
        assert(argv(changed).includes(part), `${part} is not among ${argv(changed).join(" ")}`);
      }
      const channel = await openChannel(instance);
      for (const namespace of ["orders", "billing"]) {
        assertEquals(await describeNamespace(channel, namespace, DEADLINE_MS), "found", "the data is another");
      }
      channel.close();
      const reused = await instance.answer(["start", "--max-restarts", "4"], ALONE);
      assertEquals([reused.reused, reused.temporal!.pid], [true, changed.temporal!.pid]);
    }));

  it("stops nothing, supervised or not, if the new Temporal could not start", () =>
    withInstance((instance) =>
      withInstance(async (other) => {
        const first = await instance.start(["--headless"]);
        await other.start(["--headless"]);
        const isRefused = async (code: string, ...args: string[]) => {
          const { code: exitCode, stdout } = await instance.plain(["restart", "--json", ...args], ALONE);
          assertEquals([exitCode, JSON.parse(stdout).error.code], [1, code]);
          const { temporal, healthy } = await instance.status();
          assertEquals([temporal?.pid, healthy], [first.temporal!.pid, true]);
        };
        await isRefused("port-taken", "--port", `${other.port}`);
        await isRefused("database-busy", "--db-filename", other.paths.defaultDatabase);
        await killHard(pidsOf(first).supervisor);
        for (const command of ["start", "restart"]) {
          const { code, stderr } = await instance.run([command, "--", "--bad-flag"]);
          assertEquals([code, stderr.split("\n")[0]], [
            1,
            "error: Temporal failed to start: unknown flag: --bad-flag; the running Temporal was not stopped",
          ]);
        }
        const { code, stdout } = await instance.plain(["restart", "--json", "--port", `${other.port}`], ALONE);
        assertEquals([code, JSON.parse(stdout).error.code], [1, "port-taken"]);
        assert(!existsSync(instance.paths.binDir), "another binary was installed, and it has one");
        const adopted = await instance.answer(["start"], ALONE);
        assertEquals([adopted.temporal!.pid, adopted.temporal!.adopted], [first.temporal!.pid, true]);
        const moved = await instance.answer(["restart", "--ip", "0.0.0.0"], ALONE);
        assertEquals(moved.healthy, true, "its own port was in its way");
      })
    ));
});
