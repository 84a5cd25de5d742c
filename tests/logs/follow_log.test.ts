import { appendFileSync, readdirSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { LogFollower } from "../../lib/logs/follow_log.ts";
import { DEFAULT_LOG_POLICY } from "../../lib/logs/retention.ts";
import { rotateLog } from "../../lib/logs/rotate_log.ts";
import { delay } from "../../lib/platform/runtime/delay.ts";
import { DEADLINE_MS, withTempDir } from "../platform/support.ts";

interface Follower {
  /** Reads until the text so far ends with `end`; returns all of it. */
  readTo(end: string): Promise<string>;
}

/** Follows the log in a new folder from its end. Reads only on demand, so that the test decides the order. */
function withFollower(before: string | null, body: (path: string, follower: Follower) => Promise<void>): Promise<void> {
  return withTempDir(async (folder) => {
    const path = join(folder, "temporal.log");
    if (before !== null) writeFileSync(path, before);
    const start = before === null ? null : statSync(path);
    await follow(path, start?.size ?? 0, start?.ino ?? null, (follower) => body(path, follower));
  });
}

async function follow(
  path: string,
  offset: number,
  inode: number | null,
  body: (follower: Follower) => Promise<void>,
): Promise<void> {
  const log = new LogFollower(path, offset, inode);
  let text = "";
  const readTo = async (end: string): Promise<string> => {
    for (const giveUpAt = performance.now() + DEADLINE_MS; !text.endsWith(end); await delay(1)) {
      if (performance.now() > giveUpAt) throw new Error(`Waited in vain for ${end}: ${JSON.stringify(text)}`);
      text += [...log.look()].join("");
    }
    return text;
  };
  try {
    await body({ readTo });
  } finally {
    log.close();
  }
}

describe("LogFollower", () => {
  it("starts at the given offset and follows what is written", () =>
    withFollower("old\n", async (path, { readTo }) => {
      appendFileSync(path, "one\n");
      assertEquals(await readTo("one\n"), "one\n");
      appendFileSync(path, "two\n");
      appendFileSync(path, "three\n");
      assertEquals(await readTo("three\n"), "one\ntwo\nthree\n");
    }));

  it("waits for a log that does not exist yet", () =>
    withFollower(null, async (path, { readTo }) => {
      const reading = readTo("first\n");
      writeFileSync(path, "first\n");
      assertEquals(await reading, "first\n");
    }));

  it("reads a renamed log to its end, then the new one", () =>
    withFollower("old\n", async (path, { readTo }) => {
      appendFileSync(path, "one\n");
      await readTo("one\n");
      appendFileSync(path, "not read yet\n");
      rotateLog(path, "rename", DEFAULT_LOG_POLICY, Date.now());
      writeFileSync(path, "new\n");
      assertEquals(await readTo("new\n"), "one\nnot read yet\nnew\n");
    }));

  it("reads the unread rest of a truncated log from its copy", () =>
    withFollower("old\n", async (path, { readTo }) => {
      appendFileSync(path, "one\n");
      await readTo("one\n");
      appendFileSync(path, "not read yet\n");
      rotateLog(path, "copy-truncate", DEFAULT_LOG_POLICY, Date.now());
      appendFileSync(path, "new\n");
      assertEquals(await readTo("new\n"), "one\nnot read yet\nnew\n");
    }));

  it("follows many rotations of both kinds without losing or repeating a line", () =>
    withFollower("old\n", async (path, { readTo }) => {
      let expected = "";
      for (let round = 0; round < 8; round++) {
        appendFileSync(path, `a longer line of round ${round}\n`);
        expected += `a longer line of round ${round}\n`;
        assertEquals(await readTo(`round ${round}\n`), expected);
        rotateLog(path, round % 2 === 0 ? "copy-truncate" : "rename", DEFAULT_LOG_POLICY, Date.now());
        appendFileSync(path, `${round}\n`);
        expected += `${round}\n`;
        assertEquals(await readTo(`\n${round}\n`), expected);
      }
    }));

  it("finds a log that was rotated before it was opened", () =>
    withTempDir(async (folder) => {
      const path = join(folder, "temporal.log");
      writeFileSync(path, "shown already\nnot yet\n");
      const { ino } = statSync(path);
      rotateLog(path, "rename", DEFAULT_LOG_POLICY, Date.now());
      writeFileSync(path, "new\n");
      await follow(path, "shown already\n".length, ino, async ({ readTo }) => {
        assertEquals(await readTo("new\n"), "not yet\nnew\n");
      });
    }));

  it("reads what was written between a truncation and a renaming, whether it had the log open or not", () =>
    withFollower("old\n", async (path, open) => {
      appendFileSync(path, "a longer line\n");
      await open.readTo("line\n");
      const { size, ino } = statSync(path);
      appendFileSync(path, "not read yet\n");
      rotateLog(path, "copy-truncate", DEFAULT_LOG_POLICY, Date.now());
      appendFileSync(path, "short\n");
      rotateLog(path, "rename", DEFAULT_LOG_POLICY, Date.now());
      writeFileSync(path, "new\n");
      assertEquals(await open.readTo("new\n"), "a longer line\nnot read yet\nshort\nnew\n");
      await follow(path, size, ino, async ({ readTo }) => {
        assertEquals(await readTo("new\n"), "not read yet\nshort\nnew\n");
      });
    }));

  it("joins a character that was written in two chunks", () =>
    withFollower("", async (path, { readTo }) => {
      const [first, second] = new TextEncoder().encode("ü");
      appendFileSync(path, Uint8Array.of(first!));
      const reading = readTo("ü");
      appendFileSync(path, Uint8Array.of(second!));
      assertEquals(await reading, "ü");
    }));

  it("looks no further than to where the log ended when it began to look", () =>
    withTempDir((folder) => {
      const path = join(folder, "temporal.log");
      writeFileSync(path, "line\n".repeat(100_000));
      const log = new LogFollower(path, 0, null);
      let length = 0;
      for (const text of log.look()) {
        length += text.length;
        appendFileSync(path, text);
      }
      log.close();
      assertEquals(length, 500_000);
    }));

  it(
    "leaves no descriptor open",
    { skip: process.platform !== "linux" && "needs /proc" },
    () =>
      withTempDir((folder) => {
        const path = join(folder, "temporal.log");
        writeFileSync(path, "line\n");
        const log = new LogFollower(path, 0, null);
        assertEquals([...log.look()], ["line\n"]);
        assertEquals(openNames(path), 1);
        log.close();
        assertEquals(openNames(path), 0);
      }),
  );
});

/** How many of our descriptors are open on `path`. */
function openNames(path: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false; // the descriptor that readdir itself had
    }
  }).length;
}
