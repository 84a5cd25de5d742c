import { existsSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { settleCopy } from "../../lib/database/copy_files.ts";
import { loadSqlite } from "../../lib/platform/sqlite/sqlite.ts";
import { isLinux } from "../portable.ts";
import { configure, history, otherRuntime, ownRuntime, type TestInstance, until, withInstance } from "./support.ts";
import { beginWriting, besideDatabase, startWorkflows, workflowsOf } from "./support_data.ts";
import { killHard, pidsOf } from "./support_lifecycle.ts";

/** `backup --json FILE`, which must succeed. */
async function backUp(instance: TestInstance, file: string, runtime = ownRuntime): Promise<void> {
  const { code, stdout, stderr } = await instance.run(["backup", "--json", "--force", file], { runtime });
  assertEquals(code, 0, stdout + stderr);
  assertEquals(JSON.parse(stdout).integrity, "ok");
}

describe("backup while Temporal runs", () => {
  for (const journalMode of ["delete", ownRuntime === "deno" || !isLinux ? "wal" : "memory"]) {
    it(`is whole in the middle of writes, and no write fails (journal_mode=${journalMode})`, () =>
      withInstance(async (instance) => {
        const extra = ["--headless", "--", "--sqlite-pragma", `journal_mode=${journalMode}`];
        const started = await instance.start(extra);
        const writer = await beginWriting(instance, "w");
        const file = join(instance.home, "copy.db");
        const acknowledged = writer.written.length;
        await backUp(instance, file, otherRuntime);
        // Concurrent backups take turns.
        const others = [join(instance.home, "a.db"), join(instance.home, "b.db")];
        await Promise.all(others.map((other) => backUp(instance, other)));
        const afterwards = writer.written.length;
        await until("it goes on writing", () => writer.written.length > afterwards + 5);
        await writer.stop();
        const after = await instance.status();
        assertEquals([after.temporal?.pid, after.restarts, after.healthy], [started.temporal?.pid, 0, true]);
        assertEquals(besideDatabase(instance), []);
        await assertHolds(file, writer.written.slice(0, acknowledged));
      }));
  }

  it("kills no Temporal that is paused for longer than its health checks may take", () =>
    withInstance(async (instance) => {
      await instance.start(["--headless"]);
      await instance.stop([]); // gracefully: a journal that is left would be rolled back over what is written here
      configure(instance, "health: { interval: 0.1s, timeout: 0.05s, failures: 1 }");
      const padded = join(instance.home, "padded.db");
      renameSync(instance.paths.defaultDatabase, padded);
      const database = (await loadSqlite())(padded);
      database.all("CREATE TABLE padding (bytes BLOB)"); // so that a copy takes some tenths of a second
      for (let megabytes = 0; megabytes < 200; megabytes += 20) {
        database.all("INSERT INTO padding VALUES (zeroblob(20000000))");
      }
      database.close();
      renameSync(padded, instance.paths.defaultDatabase);
      await instance.start(["--headless", "--max-restarts", "0"]);
      // On a busy machine such checks sometimes fail without a reason.
      await until("Temporal outlives a backup", async () => {
        const before = await instance.status();
        const backup = await instance.run(["backup", "--json", "--force", join(instance.home, "copy.db")]);
        if (backup.code !== 0) assertEquals(JSON.parse(backup.stdout).error.code, "backup-failed"); // a slow disk
        const after = await instance.status();
        return after.temporal !== null && after.temporal.pid === before.temporal?.pid;
      });
    }));

  it("works for a Temporal without a supervisor, too, which keeps running", () =>
    withInstance(async (instance) => {
      const { temporal, supervisor } = pidsOf(await instance.start(["--headless"]));
      await startWorkflows(instance, ["a"]);
      await killHard(supervisor);
      const file = join(instance.home, "copy.db");
      await backUp(instance, file);
      const status = await instance.status();
      assertEquals([status.state, status.healthy, status.temporal?.pid], ["unsupervised", true, temporal]);
      await startWorkflows(instance, ["b"]);
      await assertHolds(file, ["a"]);
    }));
});

/** Proves that the file is a whole database with these workflows. */
async function assertHolds(file: string, ids: readonly string[]): Promise<void> {
  assertEquals((await settleCopy(file)).problems, []);
  const database = (await loadSqlite())(file);
  const found = database.all("SELECT workflow_id FROM current_executions").map((row) => row["workflow_id"]);
  database.close();
  assertEquals(ids.filter((id) => !found.includes(id)), []);
}

describe("backup", () => {
  it("writes a file that only its owner can read, and overwrites only when told to", () =>
    withInstance(async (instance) => {
      await instance.start(["--headless"]);
      await instance.stop(["--force"]);
      const file = join(instance.home, "007");
      const first = await instance.run(["backup", file]);
      assertEquals([first.code, first.stderr], [0, ""]);
      assertStringIncludes(first.stdout, `Backed up to ${file} (`);
      assertEquals(statSync(file).mode & 0o777, 0o600);
      writeFileSync(file, "mine");
      const second = await instance.run(["backup", "--json", file]);
      assertEquals([second.code, JSON.parse(second.stdout).error.code], [1, "file-exists"]);
      assertEquals(readFileSync(file, "utf8"), "mine");
      assertEquals((await instance.run(["backup", file, "--force"])).code, 0);
      assertGreater(statSync(file).size, 4096);

      symlinkSync(instance.paths.defaultDatabase, join(instance.home, "link.db"));
      mkdirSync(join(instance.home, "folder"));
      const refusals = [
        [instance.paths.defaultDatabase, "usage"],
        [join(instance.home, "link.db"), "usage"],
        [`${instance.paths.defaultDatabase}-journal`, "usage"],
        [join(instance.home, "folder"), "backup-failed"],
        [join(instance.home, "none", "copy.db"), "backup-failed"],
      ];
      for (const [target, expected] of refusals) {
        const { code, stdout } = await instance.run(["backup", "--json", "--force", target!]);
        assertEquals(JSON.parse(stdout).error?.code, expected, `${target}: ${stdout}`);
        assertEquals(code, expected === "usage" ? 2 : 1);
      }
      assertEquals(besideDatabase(instance), []);
      assertEquals((await instance.status()).state, "stopped");
    }));

  it("includes what a killed Temporal had committed only to its write-ahead log", () =>
    withInstance(async (instance) => {
      const pids = pidsOf(await instance.start(["--headless", "--", "--sqlite-pragma", "journal_mode=wal"]));
      await startWorkflows(instance, ["a", "b"]);
      await killHard(pids.supervisor, pids.temporal);
      assertGreater(statSync(`${instance.paths.defaultDatabase}-wal`).size, 0);
      const file = join(instance.home, "copy.db");
      await backUp(instance, file, otherRuntime);
      assert(!existsSync(`${file}-wal`));
      await assertHolds(file, ["a", "b"]);
      await instance.start(["--headless", "--", "--sqlite-pragma", "journal_mode=wal"]);
      assertEquals(await workflowsOf(instance, ["a", "b"]), ["a", "b"]);
    }));

  it("says when there is nothing to back up, or when it is damaged, and writes nothing", () =>
    withInstance(async (instance) => {
      const file = join(instance.home, "copy.db");
      const none = await instance.run(["backup", "--json", file]);
      assertEquals([none.code, JSON.parse(none.stdout).error.code], [1, "no-database"]);
      mkdirSync(join(instance.home, "temporal-data"));
      writeFileSync(instance.paths.defaultDatabase, "this is no database ".repeat(500));
      const damaged = await instance.run(["backup", "--json", file]);
      assertEquals([damaged.code, JSON.parse(damaged.stdout).error.code], [1, "database-unusable"]);
      assertEquals([existsSync(file), besideDatabase(instance)], [false, []]);
      for (const operands of [[], ["a", "b"], [""]]) {
        assertEquals((await instance.run(["backup", ...operands])).code, 2);
      }
      assertEquals(history(instance), []);
    }));
});
