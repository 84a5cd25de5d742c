import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { logDocument } from "../../lib/logs/log_document.ts";

describe("logDocument()", () => {
  it("reads Temporal's text log", () => {
    assertEquals(
      logDocument('time=2026-11-29T18:56:32.026 level=ERROR msg="failed: \\"default\\"" shard-id=1 error="a\\tb\\x07"'),
      {
        time: "2026-11-29T18:56:32.026Z",
        level: "error",
        message: 'failed: "default"',
        fields: { "shard-id": "1", error: "a\tb\x07" },
      },
    );
    const path = 'time=2026-11-29T18:56:32Z level=INFO msg="C:\\\\x41" empty=""';
    assertEquals([logDocument(path).message, logDocument(path).fields], ["C:\\x41", { empty: "" }]);
  });

  it("reads Temporal's log in JSON, and the supervisor's events", () => {
    assertEquals(
      logDocument('{"time":"2026-11-29T20:56:32.5+02:00","level":"WARN","msg":"slow","ms":12,"tags":["a"]}'),
      { time: "2026-11-29T18:56:32.500Z", level: "warn", message: "slow", fields: { ms: 12, tags: ["a"] } },
    );
    assertEquals(
      logDocument('{"at":"2026-11-29T18:56:32.000Z","event":"exited","code":1}'),
      { time: "2026-11-29T18:56:32.000Z", level: null, message: "exited", fields: { code: 1 } },
    );
  });

  it("has a line without a form as the message", () => {
    for (const line of ["goroutine 1 [running]:", "\tmain.go:12 x=1", "", '{"time":"2026', "panic: time=1"]) {
      assertEquals(logDocument(line), { time: null, level: null, message: line, fields: {} });
    }
  });

  it("never throws, and is one line of JSON", () => {
    const line = fc.oneof(
      fc.string(),
      fc.string().map((text) => `time=x ${text}`),
      fc.json().map((text) => `{${text}`),
    );
    fc.assert(fc.property(line, (text) => !JSON.stringify(logDocument(text)).includes("\n")));
  });
});
