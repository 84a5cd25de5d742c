import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { completeSettings } from "../../../lib/config/settings.ts";
import { instancePaths } from "../../../lib/instance/paths.ts";
import { checkData } from "../../../lib/instance/status/data_check.ts";
import { withTempDir } from "../../support.ts";

const line = (atMs: number, level: string, error: string) =>
  `time=${new Date(atMs).toISOString().slice(0, -1)} level=${level} msg="service failures" error="${error}"\n`;
const FULL = "database or disk is full (13)";
const STUCK = "SQL logic error: cannot start a transaction within a transaction (1)";

/** The check when `lines` is Temporal's log. */
function check(lines: string, startedAtMs: number, nowMs: number) {
  return withTempDir((home) => {
    const paths = instancePaths(home);
    mkdirSync(paths.logsDir);
    writeFileSync(paths.temporalLog, lines);
    return checkData(paths, completeSettings({}, paths.defaultDatabase), startedAtMs, nowMs);
  });
}

describe("checkData()", () => {
  it("fails while Temporal logs that it cannot write", async () => {
    const now = Date.now();
    const recent = await check(line(now - 2000, "INFO", "x") + line(now - 1000, "ERROR", FULL), 0, now);
    assertEquals(recent, { ok: false, detail: "Temporal cannot write: database or disk is full" });
    const json = JSON.stringify({ time: new Date(now).toISOString(), level: "ERROR", msg: "x", error: STUCK });
    const stuck = await check(`${json}\n`, 0, now);
    assertEquals(stuck.detail, "Temporal cannot write: cannot start a transaction within a transaction");
  });

  it("passes with earlier errors, those of an earlier Temporal, and other errors", async () => {
    const now = Date.now();
    for (
      const [lines, startedAtMs] of [
        ["", 0],
        [line(now - 60_000, "ERROR", FULL), 0],
        [line(now - 2000, "ERROR", FULL), now - 1000],
        [line(now - 1000, "WARN", FULL), 0],
        [line(now - 1000, "ERROR", "shard status unknown"), 0],
      ] as const
    ) {
      assertEquals((await check(lines, startedAtMs, now)).ok, true, lines);
    }
  });

  it("passes without a log, and where the log cannot be read", () =>
    withTempDir((home) => {
      const paths = instancePaths(home);
      const inMemory = completeSettings({ dbFilename: null }, paths.defaultDatabase);
      const passes = () => assertEquals(checkData(paths, inMemory, 0, Date.now()), { ok: true, detail: "in memory" });
      passes();
      writeFileSync(paths.logsDir, "not a directory");
      passes();
      unlinkSync(paths.logsDir);
      symlinkSync(paths.logsDir, paths.logsDir);
      passes();
    }));
});
