import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import type { Status } from "../../lib/instance/status/status.ts";
import { loadSqlite } from "../../lib/platform/sqlite/sqlite.ts";
import { noTerminal, onPseudoTerminal } from "../portable.ts";
import {
  assertNothingLeft,
  configure,
  history,
  launch,
  otherRuntime,
  ownRuntime,
  ownTool,
  withInstance,
} from "./support.ts";
import { shellLine } from "./support_callers.ts";
import { besideDatabase, startWorkflows, workflowsOf } from "./support_data.ts";
import { untilEvent } from "./support_events.ts";
import { databaseUsers, pidsOf, wrapTemporal } from "./support_lifecycle.ts";

/** The document that `reset` and `restore` print. */
interface Changed {
  database: string;
  setAsideTo: string;
  removed: boolean;
  running: Status;
}

describe("reset and restore", () => {
  it("set the data aside and restore it, and start Temporal again with the same settings", () =>
    withInstance(async (instance) => {
      const policy = ["--max-restarts", "3"];
      const env = { STIGMER_HEALTH_INTERVAL: "2s", STIGMER_LOG_MAX_SIZE: "1MB" };
      const first = await instance.start(["--headless", "--namespace", "orders", ...policy], { env });
      await startWorkflows(instance, ["kept"]);

      // A setting that changed in config.yaml meanwhile is applied by a restart only.
      configure(instance, `port: 1, headless: false, db_filename: ${join(instance.home, "other.db")}`);
      const reset = await instance.answer<Changed>(["reset", "--yes"]);
      rmSync(instance.paths.config);
      assertEquals([reset.database, reset.removed], [instance.paths.defaultDatabase, false]);
      assertEquals([reset.running.address, reset.running.uiUrl], [first.address, null]);
      assertEquals([reset.running.namespace, reset.running.state], ["orders", "running"]);
      assertNotEquals(reset.running.temporal?.pid, first.temporal?.pid);
      assertEquals((await instance.start(policy, { env })).reused, true, "it is looked after as before");
      assertEquals(await workflowsOf(instance, ["kept"]), []);

      await startWorkflows(instance, ["younger"]);
      const restored = await instance.answer<Changed>(["restore", reset.setAsideTo], { runtime: otherRuntime });
      assertEquals(restored.running.address, first.address);
      assertEquals(await workflowsOf(instance, ["kept", "younger"]), ["kept"]);
      assertEquals(statSync(instance.paths.defaultDatabase).mode & 0o777, 0o600);

      const again = await instance.answer<Changed>(["restore", restored.setAsideTo]);
      assertEquals(await workflowsOf(instance, ["kept", "younger"]), ["younger"]);
      const aside = [reset.setAsideTo, restored.setAsideTo, again.setAsideTo];
      assertEquals(besideDatabase(instance), aside.toSorted());

      await instance.stop(["--force"]);
      assertNothingLeft(instance, [pidsOf(again.running).temporal]);
      const { removed, running } = await instance.answer<Changed>(["reset", "--yes", "--no-backup"]);
      assertEquals([removed, running, existsSync(instance.paths.defaultDatabase)], [true, null, false]);
      assertEquals(besideDatabase(instance), aside.toSorted());
      const nothing = await instance.answer<Changed>(["reset", "--yes"]);
      assertEquals([nothing.removed, nothing.setAsideTo], [false, null]);
    }));

  it("change no files that another start could use: concurrent starts get the new data and the same Temporal", () =>
    withInstance(async (instance) => {
      const flags = ["--headless"];
      await instance.start(flags);
      await startWorkflows(instance, ["old"]);
      const starts = Array.from(
        { length: 4 },
        (_, index) =>
          instance.launch(["start", "--json", ...flags], { runtime: index % 2 === 0 ? ownRuntime : otherRuntime }),
      );
      const resets = [instance.launch(["reset", "--yes", "--json"], { runtime: otherRuntime })];
      const ended = await Promise.all([...starts, ...resets].map((each) => each.ended));
      // A start before the reset may report that a stop interrupted it, but none reports another Temporal.
      const { code, stdout } = ended.at(-1)!;
      assertEquals(code, 0, stdout);
      const { setAsideTo } = JSON.parse(stdout);
      const status = await instance.start(flags);
      assertEquals(databaseUsers(instance), [pidsOf(status).temporal]);
      assertEquals(instance.processes.fileUsers(setAsideTo), []);
      assertEquals(await workflowsOf(instance, ["old"]), []);
    }));

  it("say where the data is when Temporal does not start on the new data, and change nothing when interrupted before", () =>
    withInstance(async (instance) => {
      const broken = join(instance.home, "broken");
      const env = { STIGMER_TEMPORAL_BIN: wrapTemporal(instance.home, `if [ -e "${broken}" ]; then exit 7; fi`) };
      await instance.start(["--headless"], { env });
      await startWorkflows(instance, ["kept"]);
      const file = join(instance.home, "copy.db");
      assertEquals((await instance.run(["backup", file])).code, 0);
      writeFileSync(broken, "");
      const reset = await instance.run(["reset", "--yes", "--json"], { env });
      const { code, message, facts } = JSON.parse(reset.stdout).error;
      assertEquals([reset.code, code], [1, "launch-failed"], message);
      assertStringIncludes(message, `Set the data aside: ${facts.setAsideTo}. Could not start Temporal again: `);
      rmSync(broken);
      await instance.start(["--headless"], { env });
      writeFileSync(broken, "");
      const restored = await instance.run(["restore", file], { env });
      assertEquals(restored.code, 1);
      const aside = /Kept the old data: (\S+)\. Could not start Temporal again/.exec(restored.stderr)?.[1];
      assertEquals(besideDatabase(instance), [facts.setAsideTo, aside].toSorted());
      rmSync(broken);
      await instance.start(["--headless"], { env });
      assertEquals(await workflowsOf(instance, ["kept"]), ["kept"]);

      // Interrupted before they change anything, they leave Temporal running.
      const files = besideDatabase(instance);
      const stops = history(instance).filter(({ event }) => event === "stopping").length;
      const interrupted = instance.launch(["reset", "--yes"], { env });
      await untilEvent(instance, "stopping", stops + 1);
      interrupted.kill("SIGINT");
      const { code: exitCode, stderr } = await interrupted.ended;
      assertEquals(exitCode, 130, stderr);
      assertStringIncludes(stderr, "Interrupted (SIGINT): the data is unchanged");
      assertEquals((await instance.status()).healthy, true);
      assertEquals(await workflowsOf(instance, ["kept"]), ["kept"]);
      assertEquals(besideDatabase(instance), files);
    }));

  it("do not restart an instance that ran in the foreground", () =>
    withInstance(async (instance) => {
      const foreground = instance.launch(["start", "--foreground", "--headless", "--port", `${instance.port}`]);
      await untilEvent(instance, "running");
      const { code, stdout, stderr } = await instance.run(["reset", "--yes"]);
      assertEquals(code, 0, stderr);
      assertStringIncludes(stdout, "start it there again");
      assertEquals((await foreground.ended).code, 0);
      assertNothingLeft(instance, []);
    }));
});

describe("restore", () => {
  it("refuses a file that is not a whole Temporal database, before it stops anything, and warns about a newer one", () =>
    withInstance(async (instance) => {
      const { home, paths } = instance;
      const started = await instance.start(["--headless"]);
      const at = (name: string) => join(home, name);
      writeFileSync(at("garbage.db"), "this is no database ".repeat(500));
      writeFileSync(at("empty.db"), "");
      mkdirSync(at("folder.db"));
      const open = await loadSqlite();
      const other = open(at("other.db"));
      other.all("CREATE TABLE recipes (name TEXT)");
      other.close();
      assertEquals((await instance.run(["backup", at("good.db")])).code, 0);
      copyFileSync(at("good.db"), at("unfinished.db"));
      const unfinished = open(at("unfinished.db"));
      unfinished.all("DELETE FROM namespaces");
      unfinished.close();
      const bytes = readFileSync(at("good.db"));
      writeFileSync(at("cut.db"), bytes.subarray(0, bytes.length / 2));
      bytes.fill(0xff, 8192, 40_960);
      writeFileSync(at("damaged.db"), bytes);

      const bad = ["garbage", "empty", "folder", "other", "unfinished", "cut", "damaged", "none"].map((name) =>
        `${name}.db`
      );
      for (const name of [...bad, paths.defaultDatabase]) {
        const { code, stdout } = await instance.run(["restore", "--json", name.startsWith("/") ? name : at(name)]);
        assertEquals([code, JSON.parse(stdout).error?.code], [1, "database-unusable"], `${name}: ${stdout}`);
      }
      assertEquals((await instance.run(["restore"])).code, 2);
      const status = await instance.status();
      assertEquals([status.temporal?.pid, status.healthy], [started.temporal?.pid, true]);
      assertEquals(besideDatabase(instance), []);

      // A backup of another version is a warning, unless its database is in use.
      const newer = at("newer.db");
      copyFileSync(at("good.db"), newer);
      const machines = open(newer);
      machines.all("CREATE TABLE time_machines (id INT)");
      machines.close();
      await withInstance(async (user) => {
        await user.start(["--headless", "--db-filename", newer]);
        const { code, stdout } = await instance.run(["restore", "--json", newer]);
        assertEquals([code, JSON.parse(stdout).error.code], [1, "database-unusable"]);
        assertMatch(JSON.parse(stdout).error.message, /pid \d+ \(.+\) has it open/);
        await user.stop(["--force"]);
      });
      await instance.stop(["--force"]);
      const { code, stderr } = await instance.run(["restore", newer]);
      assertEquals(code, 0, stderr);
      assertStringIncludes(stderr, "warning: The backup was created by a Temporal newer than");
      assertStringIncludes(stderr, "time_machines");
    }));
});

describe("reset", () => {
  it(
    "asks on a terminal, and does nothing without a clear yes",
    { skip: noTerminal() },
    () =>
      withInstance(async (instance) => {
        mkdirSync(dirname(instance.paths.defaultDatabase));
        writeFileSync(instance.paths.defaultDatabase, "data");
        const answers = [["n", 1], ["", 1], ["yesterday", 1], ["y", 0]] as const;
        for (const [answer, expected] of answers) {
          const { code, stdout } = await onTerminal(
            ownTool("reset", "--home", instance.home),
            answer,
          );
          const oneLine = stdout.replace(/\s+/g, " "); // a long home wraps
          assertStringIncludes(oneLine, `Set ${instance.paths.defaultDatabase} (4 B) aside? [y/N]`);
          assertEquals(code, expected, stdout);
          assertEquals(existsSync(instance.paths.defaultDatabase), expected === 1, answer);
        }
        assertEquals(readFileSync(besideDatabase(instance)[0]!, "utf8"), "data");
      }),
  );

  it("refuses without a terminal, and names the flag for that", () =>
    withInstance(async (instance) => {
      mkdirSync(dirname(instance.paths.defaultDatabase));
      writeFileSync(instance.paths.defaultDatabase, "data");
      for (const args of [["reset"], ["reset", "--no-backup"]]) {
        const { code, stderr } = await instance.run(args);
        assertEquals(code, 2);
        assertStringIncludes(stderr, `hint: stigmer-local reset --home '${instance.home}' --yes`);
      }
      assert(existsSync(instance.paths.defaultDatabase));
    }));
});

/** Runs a command on its own terminal, and types `line`. */
function onTerminal(command: readonly string[], line: string) {
  return launch(["sh", "-c", `echo '${line}' | "$@"`, "sh", ...onPseudoTerminal(shellLine(command))]).ended;
}
