import { describe, it } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { LocalError } from "../../lib/errors/local_error.ts";
import { lineLevel, linesSince, lineTimeMs, parseSince } from "../../lib/logs/log_lines.ts";

const NOW = Date.parse("2026-11-23T06:00:00Z");
const OURS = '{"at":"2026-11-23T05:59:01.123Z","event":"running","from":"starting"}';
const TEMPORALS = 'time=2026-11-23T05:59:01.123+00:00 level=ERROR msg="service failures" operation=X';

describe("lineTimeMs()", () => {
  it("reads the time of Temporal's lines and of the supervisor's", () => {
    const at = Date.parse("2026-11-23T05:59:01.123Z");
    assertEquals([lineTimeMs(TEMPORALS), lineTimeMs(OURS)], [at, at]);
    assertEquals(lineTimeMs("time=2026-11-23T07:59:01.123+02:00 level=INFO msg=x"), at);
    assertEquals(lineTimeMs("time=2026-11-23T05:59:01.123 level=INFO msg=x"), at);
    assertEquals(lineTimeMs('{"level":"error","ts":"2026-11-23T05:59:01.123Z","msg":"x"}'), at);
  });

  it("is null for other lines", () => {
    for (
      const line of [
        "",
        "goroutine 1 [running]:",
        "panic: time=2026-11-23T05:59:01Z",
        "time=soon level=INFO",
        '{"at":1}',
      ]
    ) {
      assertEquals(lineTimeMs(line), null, line);
    }
  });
});

describe("lineLevel()", () => {
  it("reads Temporal's level", () => {
    assertEquals(lineLevel(TEMPORALS), "error");
    assertEquals([lineLevel("level= x"), lineLevel("sublevel=info"), lineLevel("")], [null, null, null]);
  });

  it("reads the level of a JSON line, not a level within its message", () => {
    assertEquals(lineLevel('{"time":"2026-11-23T05:00:00Z","level":"ERROR","msg":"level=info"}'), "error");
    assertEquals(lineLevel('{"at":"2026-11-23T05:00:00Z","event":"launched","argv":"--log-level=info"}'), null);
  });
});

describe("parseSince()", () => {
  it("reads durations before now", () => {
    const spans = {
      "0s": 0,
      "500ms": 500,
      "90s": 90_000,
      "1.5m": 90_000,
      "2min": 120_000,
      "2h": 7_200_000,
      "1d": 86_400_000,
    };
    for (const [text, ms] of Object.entries(spans)) assertEquals(parseSince(text, NOW), NOW - ms, text);
  });

  it("reads times", () => {
    assertEquals(parseSince("2026-11-23T05:59:00Z", NOW), NOW - 60_000);
    assertEquals(parseSince("2026-11-23T07:59:00+02:00", NOW), NOW - 60_000);
    assertEquals(parseSince("2026-11-23", NOW), NOW - 6 * 3_600_000);
  });

  it("refuses anything else as a usage error", () => {
    for (const text of ["", "10", "m", "-5m", "10 m", "10mm", "1e3s", "yesterday", "05:59", "2026", "2026-99-99"]) {
      assertEquals(assertThrows(() => parseSince(text, NOW), LocalError).exitCode, 2, text);
    }
  });

  it("returns a time or throws", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{1,30}(ms|s|m|min|h|d)$/)), (text) => {
      try {
        assert(!Number.isNaN(parseSince(text, NOW)));
      } catch (error) {
        assert(error instanceof LocalError);
      }
    }));
  });
});

describe("linesSince()", () => {
  const line = (at: string, text: string) => `time=${at} level=INFO msg=${text}`;
  const early = line("2026-11-23T05:00:00Z", "early");
  const late = line("2026-11-23T05:59:30Z", "late");

  it("keeps the lines from that time on, with the lines that belong to them", () => {
    const lines = [early, "of the early one", late, "of the late one", "too"];
    assertEquals(linesSince(lines, Date.parse("2026-11-23T05:59:30Z")), lines.slice(2));
    assertEquals(linesSince(lines, Date.parse("2026-11-23T05:59:31Z")), []);
    assertEquals(linesSince(lines, 0), lines);
  });

  it("judges each line by its own timestamp if the clock jumps", () => {
    assertEquals(linesSince([late, early, "of the early one", late], Date.parse("2026-11-23T05:30:00Z")), [late, late]);
  });
});
