import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { completeSettings } from "../../lib/config/settings.ts";
import {
  clearLastFailure,
  type LastFailure,
  readLastFailure,
  writeLastFailure,
} from "../../lib/instance/last_failure.ts";
import { withTempDir } from "../platform/support.ts";

const OUTCOME: LastFailure = {
  at: "2026-11-23T05:59:01.123Z",
  failure: { code: "gave-up", message: "Gave up", hint: "look", facts: { restarts: 10 } },
  lastExit: { code: 1, signal: null, at: "2026-11-23T05:59:00.000Z", reason: "crashed" },
  restarts: 10,
  settings: completeSettings({ port: 7301 }, "/db"),
  served: { settings: completeSettings({ port: 7300 }, "/db"), policy: { maxRestarts: 1 } },
};

describe("readLastFailure()", () => {
  it("reads back what writeLastFailure() wrote, for its owner alone", () =>
    withTempDir((folder) => {
      const path = join(folder, "outcome.json");
      writeLastFailure(path, OUTCOME);
      assertEquals(readLastFailure(path), OUTCOME);
      assertEquals(statSync(path).mode & 0o777, 0o600);
      const bare = { ...OUTCOME, lastExit: null, settings: null, served: null };
      writeLastFailure(path, bare);
      assertEquals(readLastFailure(path), bare);
      assertEquals(readdirSync(folder), ["outcome.json"]);
    }));

  it("finds none where none is, or none of ours", () =>
    withTempDir((folder) => {
      const path = join(folder, "outcome.json");
      assertEquals(readLastFailure(path), null);
      const whole = JSON.stringify(OUTCOME);
      for (
        const text of ["", "{", "null", "[]", "1", "{}", '{"failure":{}}', '{"failure":"x"}', "\0", whole.slice(0, -1)]
      ) {
        writeFileSync(path, text);
        assertEquals(readLastFailure(path), null, text);
      }
    }));

  it("keeps the failure of an outcome whose other parts are damaged", () =>
    withTempDir((folder) => {
      const path = join(folder, "outcome.json");
      writeFileSync(path, JSON.stringify({ failure: OUTCOME.failure, restarts: "10", settings: { port: 0 }, at: 5 }));
      assertEquals(readLastFailure(path), {
        at: "",
        failure: OUTCOME.failure,
        lastExit: null,
        restarts: 0,
        settings: null,
        served: null,
      });
    }));

  it("knows of an outcome of an earlier version what served, which is what was given up", () =>
    withTempDir((folder) => {
      const path = join(folder, "outcome.json");
      const { served: _unknown, ...earlier } = OUTCOME;
      writeFileSync(path, JSON.stringify(earlier));
      assertEquals(readLastFailure(path)?.served, { settings: OUTCOME.settings!, policy: {} });
      writeFileSync(path, JSON.stringify({ ...earlier, failure: { code: "launch-failed", message: "x" } }));
      assertEquals(readLastFailure(path)?.served, null);
    }));

  it("follows no link, and reads no folder", () =>
    withTempDir((folder) => {
      writeLastFailure(join(folder, "elsewhere"), OUTCOME);
      symlinkSync("elsewhere", join(folder, "link"));
      mkdirSync(join(folder, "folder"));
      assertEquals([readLastFailure(join(folder, "link")), readLastFailure(join(folder, "folder"))], [null, null]);
    }));

  it("never throws", () =>
    withTempDir((folder) => {
      const path = join(folder, "outcome.json");
      fc.assert(fc.property(fc.oneof(fc.json(), fc.string({ unit: "binary" })), (text) => {
        writeFileSync(path, text);
        readLastFailure(path);
      }));
    }));
});

describe("clearLastFailure()", () => {
  it("removes the outcome, if there is one", () =>
    withTempDir((folder) => {
      const path = join(folder, "outcome.json");
      clearLastFailure(path);
      writeLastFailure(path, OUTCOME);
      clearLastFailure(path);
      assertEquals(existsSync(path), false);
      mkdirSync(path);
      clearLastFailure(path);
      assertEquals(existsSync(path), true);
    }));
});
