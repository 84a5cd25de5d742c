import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { DEFAULT_LOG_POLICY } from "../../../lib/logs/retention.ts";
import { rotateLog } from "../../../lib/logs/rotate_log.ts";
import { endOf, followAll } from "../../../lib/logs/show/follow_all.ts";
import { listLogs, logFile } from "../../../lib/logs/show/log_files.ts";
import { MAX_LINE_BYTES } from "../../../lib/logs/show/read_lines.ts";
import { DEADLINE_MS, withTempDir } from "../../platform/support.ts";

interface Following {
  /** Waits until `text` was followed; resolves with all of it so far, `source: text`. */
  until(text: string): Promise<string[]>;
  /** Aborts; resolves with all of it. */
  end(): Promise<string[]>;
}

/** Follows the logs of a new folder, from the end of those that `before` says there are. */
function withLogs(
  before: Record<string, string>,
  body: (folder: string, following: Following) => Promise<void>,
): Promise<void> {
  return withTempDir(async (folder) => {
    for (const [name, text] of Object.entries(before)) writeFileSync(join(folder, `${name}.log`), text);
    const over = new AbortController();
    const positions = Object.keys(before).map((name) => endOf(logFile(folder, name)));
    const batches = followAll(positions, over.signal, () => listLogs(folder));
    const seen: string[] = [];
    const next = async (): Promise<boolean> => {
      const { value, done } = await batches.next();
      for (const { source, text } of value ?? []) seen.push(`${source}: ${text}`);
      return done !== true;
    };
    const timer = setTimeout(() => over.abort(), DEADLINE_MS);
    const until = async (text: string) => {
      while (!seen.some((line) => line.includes(text))) assert(await next(), `waited in vain for ${text}: ${seen}`);
      return seen;
    };
    const end = async () => {
      over.abort();
      while (await next());
      return seen;
    };
    try {
      await body(folder, { until, end });
    } finally {
      clearTimeout(timer);
      await end();
    }
  });
}

describe("followAll()", () => {
  it("follows several logs, across rotations, and those that appear later from their beginning", () =>
    withLogs({ temporal: "old\n", api: "old\n" }, async (folder, { until }) => {
      const write = (name: string, text: string) => appendFileSync(join(folder, `${name}.log`), text);
      write("api", "one\nincom");
      await until("one");
      write("temporal", "two\n");
      await until("two");
      rotateLog(join(folder, "api.log"), "copy-truncate", DEFAULT_LOG_POLICY, Date.now());
      write("api", "plete\n");
      await until("incomplete");
      rotateLog(join(folder, "api.log"), "rename", DEFAULT_LOG_POLICY, Date.now());
      write("late", "three\nfour\n");
      assertEquals(await until("four"), [
        "api: one",
        "temporal: two",
        "api: incomplete",
        "late: three",
        "late: four",
      ]);
      write("api", "five\n");
      assertEquals((await until("five")).at(-1), "api: five");
    }));

  it("shows what was written before the end, also of logs that have just appeared, in the order of time", () =>
    withLogs({ temporal: "" }, async (folder, { end }) => {
      const now = Date.now();
      const line = (atMs: number) => `time=${new Date(atMs).toISOString()} ${atMs - now}\n`;
      writeFileSync(join(folder, "worker.log"), line(now - 20) + line(now - 5));
      appendFileSync(join(folder, "temporal.log"), line(now - 30) + line(now - 10));
      assertEquals((await end()).map((text) => text.replace(/time=\S+ /, "")), [
        "temporal: -30",
        "worker: -20",
        "temporal: -10",
        "worker: -5",
      ]);
    }));

  it("takes much output in parts, and breaks a line that does not end", () =>
    withLogs({ api: "", other: "" }, async (folder, { end }) => {
      writeFileSync(join(folder, "api.log"), "x".repeat(5 * MAX_LINE_BYTES));
      appendFileSync(join(folder, "other.log"), "a line\n".repeat(500_000));
      const lines = await end();
      assertEquals(lines.filter((line) => line === "other: a line").length, 500_000);
      const parts = lines.filter((line) => line.startsWith("api: "));
      assertEquals(parts.length, 4, "what is held back has no end yet");
      assert(parts.every((part) => part.length < 1.1 * MAX_LINE_BYTES));
    }));
});
