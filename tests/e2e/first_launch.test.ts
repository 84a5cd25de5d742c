import { closeSync, mkdirSync, openSync, readFileSync, readSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Failure } from "../../lib/errors/failure.ts";
import { loadSqlite } from "../../lib/platform/sqlite/sqlite.ts";
import { assertNothingLeft, history, temporalBinary, type TestInstance, withInstance } from "./support.ts";
import { fakeTemporal } from "./support_strangers.ts";

/** The failure of a headless `start --json` with these arguments, which must leave nothing. */
async function failureOf(instance: TestInstance, args: string[]): Promise<Failure> {
  const before = history(instance).length;
  const result = await instance.run(["start", "--json", "--headless", ...args]);
  assertEquals([result.code, result.stderr], [1, ""], result.stdout);
  const events = history(instance).slice(before);
  assertEquals(events.filter(({ event }) => event === "backoff"), [], "it was tried again");
  assertNothingLeft(instance, events.filter(({ event }) => event === "launched").map(({ pid }) => Number(pid)));
  return JSON.parse(result.stdout).error;
}

/** The cause and the message of a failure of Temporal, with the end of its log. */
function launchFailure(
  { code, message, hint, facts }: Failure,
): { cause: unknown; message: string; lastWords: string } {
  assertEquals(code, "launch-failed", message);
  assert(hint !== undefined && hint !== "", "no hint");
  return { cause: facts?.["cause"], message, lastWords: (facts?.["lastWords"] as string[]).join("\n") };
}

describe("a failed first launch fails start at once", () => {
  it("with Temporal's own message about an unknown flag, in text output too", () =>
    withInstance(async (instance) => {
      const { cause, message, lastWords } = launchFailure(await failureOf(instance, ["--", "--no-such-flag"]));
      assertEquals([cause, message], ["bad-flag", "Temporal failed to start: unknown flag: --no-such-flag"]);
      assertEquals(lastWords.split("\n").filter((line) => !/unknown flag: --no-such-flag$/.test(line)), []); // no usage

      const failed = await instance.status();
      assertEquals([failed.exitCode, failed.state, failed.failure?.message], [1, "failed", message]);
      const { code, stdout, stderr } = await instance.run(["start", "--headless", "--", "--no-such-flag"]);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(
        stderr,
        /^error: Temporal failed to start: unknown flag: --no-such-flag\n( {2}\| .*\n)+hint: .*start-dev --help/,
      );

      const stopped = await instance.stop();
      assertEquals([stopped.code, stopped.stdout], [0, "Temporal was not running\n"]);
      assertEquals((await instance.status()).exitCode, 3, "stop did not clear the failure");
      await instance.start(["--headless"]);
    }));

  it("on a file that is not a database, which is named where a link leads to it, and not changed", () =>
    withInstance(async (instance) => {
      const [text, link] = [join(instance.home, "notes.txt"), join(instance.home, "link.db")];
      writeFileSync(text, "This is a letter.\n".repeat(500));
      symlinkSync(text, link);
      const { cause, message, lastWords } = launchFailure(await failureOf(instance, ["--db-filename", link]));
      assertEquals([cause, message], [
        "database-corrupt",
        `The database ${text} cannot be read: file is not a database`,
      ]);
      assertMatch(lastWords, /file is not a database/);
      assertEquals(readFileSync(text, "utf8"), "This is a letter.\n".repeat(500));
    }));

  it("on another program's database, which is left as it is", () =>
    withInstance(async (instance) => {
      const { defaultDatabase } = instance.paths;
      mkdirSync(dirname(defaultDatabase), { recursive: true });
      const database = (await loadSqlite())(defaultDatabase);
      database.all("CREATE TABLE recipes(name)");
      database.close();
      const bytes = readFileSync(defaultDatabase);
      const failure = await failureOf(instance, []);
      const { cause, message } = launchFailure(failure);
      assertEquals(cause, "database-half-made");
      assertEquals(
        message,
        `The database ${defaultDatabase} is not a finished Temporal database: no such table: namespaces`,
      );
      assertMatch(failure.hint!, /^`stigmer-local reset .*` sets it aside .* or choose another --db-filename$/);
      assertEquals(readFileSync(defaultDatabase), bytes);
      assertEquals((await instance.run(["reset", "--yes"])).code, 0);
      await instance.start(["--headless"]);
    }));

  it("on a binary that exits 1, with its output", () =>
    withInstance(async (instance) => {
      const binary = fakeTemporal(instance.home, 'echo "the moon is in the wrong phase" >&2\nexit 1');
      const { cause, message, lastWords } = launchFailure(await failureOf(instance, ["--temporal-bin", binary]));
      assertEquals([cause, message], ["unknown", "Temporal exited with code 1: the moon is in the wrong phase"]);
      assertEquals(lastWords, "the moon is in the wrong phase");
    }));

  it("on an interrupted copy of a binary", () =>
    withInstance(async (instance) => {
      // What is known before it is run: tests/binary/find.test.ts.
      const path = join(instance.home, "torn");
      writeFileSync(path, beginningOf(temporalBinary()), { mode: 0o755 });
      const torn = await failureOf(instance, ["--temporal-bin", path]);
      assertEquals([torn.code, torn.facts?.["lastWords"]], ["launch-failed", []]);
      assertMatch(torn.hint!, /--temporal-bin/);
    }));
});

/** The content of an interrupted copy of a program. */
function beginningOf(path: string): Uint8Array {
  const bytes = new Uint8Array(4096);
  const fd = openSync(path, "r");
  readSync(fd, bytes);
  closeSync(fd);
  return bytes;
}
