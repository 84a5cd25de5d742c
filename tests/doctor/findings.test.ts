import { describe, it } from "node:test";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  diagnose,
  type DoctorReport,
  type Finding,
  type HistoryEvent,
  judgeClock,
  judgeHistory,
  judgeLog,
  judgeSpace,
} from "../../lib/doctor/findings.ts";
import { renderDoctor } from "../../lib/doctor/render.ts";
import { paintFor } from "../../lib/text/paint.ts";

const NOW = Date.parse("2026-11-23T08:00:00Z");
const states = (findings: readonly Finding[]) => findings.map(({ state }) => state);

describe("diagnose()", () => {
  it("passes without findings, else has the worst state and lists failures first", () => {
    assertEquals(diagnose("ports", [], "7233 free"), { name: "ports", state: "ok", detail: "7233 free" });
    const warn: Finding = { state: "warn", detail: "b", remedy: "r2" };
    const fail: Finding = { state: "fail", detail: "a", remedy: "r1" };
    assertEquals(diagnose("x", [warn], ""), { name: "x", state: "warn", detail: "b", remedy: "r2" });
    const both = diagnose("x", [warn, fail, { ...warn, detail: "c" }], "");
    assertEquals(both, { name: "x", state: "fail", detail: "a; b; c", remedy: "r1; r2" });
    assertEquals(diagnose("x", [{ state: "warn", detail: "d" }], ""), { name: "x", state: "warn", detail: "d" });
  });

  it("offers a fix only if all findings have one, and applies them in order", async () => {
    const done: string[] = [];
    const fixable = (name: string): Finding => ({ state: "warn", detail: name, fix: () => void done.push(name) });
    await diagnose("x", [fixable("a"), fixable("b")], "").fix?.();
    assertEquals(done, ["a", "b"]);
    assertEquals(diagnose("x", [fixable("a"), { state: "fail", detail: "z" }], "").fix, undefined);
    const broken: Finding = { state: "warn", detail: "c", fix: () => Promise.reject(new Error("no")) };
    await assertRejects(async () => await diagnose("x", [broken], "").fix?.(), Error, "no");
  });
});

describe("judgeSpace()", () => {
  it("warns below 1 GB, fails below 100 MB, and checks free inodes where they are limited", () => {
    assertEquals(states(judgeSpace("/", 2e9, 1e6, 2e6)), []);
    assertEquals(states(judgeSpace("/", 9e8, 1e6, 2e6)), ["warn"]);
    assertEquals(states(judgeSpace("/", 9e7, 1e6, 2e6)), ["fail"]);
    assertEquals(states(judgeSpace("/", 2e9, 900, 2e6)), ["warn"]);
    assertEquals(states(judgeSpace("/", 2e9, 0, 2e6)), ["fail"]);
    assertEquals(states(judgeSpace("/", 2e9, 0, 0)), []);
  });
});

describe("judgeClock()", () => {
  it("accepts a clock that is later than all timestamps", () => {
    assertEquals(judgeClock(NOW, { "the log": NOW - 1, "the record": null, "a file server's": NOW + 60_000 }), []);
    const [finding] = judgeClock(NOW, { "the log": NOW + 600_000, "the record": NOW });
    assertEquals([finding?.state, finding?.detail], [
      "warn",
      "the log is 600 s in the future: the clock was set back",
    ]);
    assertEquals(states(judgeClock(0, { "the log": NOW })), ["fail"]);
  });
});

describe("judgeLog()", () => {
  const line = (level: string, rest: string, at = "2026-11-23T07:50:00.000") => `time=${at}Z level=${level} ${rest}`;
  const stuck = 'msg="UpdateShard failed" error="SQL logic error: cannot start a transaction within a transaction (1)"';

  it("counts errors except those of a normal stop, and shows the most recent one", () => {
    const lines = [line("INFO", "msg=x"), line("WARN", "msg=error"), line("ERROR", 'msg=a error="context canceled"')];
    assertEquals(judgeLog(lines, null), []);
    const more = [...lines, line("ERROR", "msg=b"), line("ERROR", 'msg="c d" shard-id=1 error="e f"'), "a stack line"];
    const [finding] = judgeLog(more, null);
    assertEquals([finding?.state, finding?.detail], ["warn", "2 errors in the last hour, most recently: c d: e f"]);
    assertStringIncludes(judgeLog([line("ERROR", "msg=b")], null)[0]!.detail, "1 error in");
    assert(judgeLog([line("ERROR", `msg="${"x".repeat(500)}"`)], null)[0]!.detail.length < 250);
  });

  it("reads JSON logs, too", () => {
    const lines = ["INFO", "ERROR"].map((level) =>
      JSON.stringify({ time: "2026-11-23T07:50:00.000000000Z", level, msg: "c d", error: "e f", shard: 1 })
    );
    assertEquals(judgeLog(lines, null)[0]?.detail, "1 error in the last hour, most recently: c d: e f");
  });

  it("passes the errors of a start", () => {
    const lines = [line("ERROR", 'msg="Operation failed" error="shard status unknown"')];
    const startedAt = Date.parse("2026-11-23T07:49:59Z");
    assertEquals(judgeLog(lines, startedAt), []);
    for (const other of [startedAt - 3_600_000, null]) assertEquals(states(judgeLog(lines, other)), ["warn"]);
  });

  it("recognizes a stuck connection of the running Temporal", () => {
    const lines = [line("ERROR", stuck)];
    const before = Date.parse("2026-11-23T07:40:00Z");
    assertEquals(states(judgeLog(lines, before)), ["fail"]);
    assertEquals(judgeLog(lines, before)[0]?.remedy, "stigmer-local restart");
    assertEquals(states(judgeLog(lines, before + 3_600_000)), ["warn"]);
    assertEquals(states(judgeLog(lines, null)), ["warn"]);
  });
});

describe("judgeHistory()", () => {
  it("counts unexpected exits", () => {
    const at = (minute: number) => new Date(NOW + minute * 60_000).toISOString();
    const events: HistoryEvent[] = [
      { at: at(-90), event: "exited", reason: "crashed" },
      { at: at(-20), event: "exited", reason: "stopped" },
      { at: at(-10), event: "launched" },
    ];
    assertEquals(judgeHistory(events, NOW - 3_600_000), []);
    events.push({ at: at(-5), event: "exited", reason: "crashed" }, { at: at(-4), event: "exited", reason: "hung" });
    const [finding] = judgeHistory(events, NOW - 3_600_000);
    assertEquals(
      finding?.detail,
      `Temporal exited unexpectedly 2 times in the last hour, most recently at ${at(-4)} (hung)`,
    );
    events.push({ at: at(-3), event: "exited", reason: "crashed", process: "worker" });
    const details = judgeHistory(events, NOW - 3_600_000).map(({ detail, remedy }) => [detail.slice(0, 33), remedy]);
    assertEquals(details, [
      ["Temporal exited unexpectedly 2 ti", "stigmer-local logs --supervisor --since 1h"],
      ["worker exited unexpectedly once i", "stigmer-local logs worker --since 1h"],
    ]);
  });
});

describe("renderDoctor()", () => {
  const report: DoctorReport = {
    schema: 1,
    ok: false,
    home: "/h",
    checks: [
      { name: "ports", state: "fail", detail: "port 7233 is taken", remedy: "kill 5" },
      { name: "log", state: "warn", detail: "1 error", remedy: "stigmer-local logs" },
      { name: "record", state: "ok", detail: "none (fixed: stale)", fixed: true },
      { name: "tools", state: "ok", detail: "all" },
    ],
  };

  it("prints one line per check, the remedy below, and a summary", () => {
    assertEquals(
      renderDoctor(report, paintFor(false), Infinity),
      [
        "  ✗ ports   port 7233 is taken",
        "            → kill 5",
        "  ! log     1 error",
        "            → stigmer-local logs",
        "  ✓ record  none (fixed: stale)",
        "  ✓ tools   all",
        "",
        "2 passed, 1 warning, 1 failed (1 fixed)",
        "",
      ].join("\n"),
    );
  });

  it("wraps details, but not remedies, which are to be copied", () => {
    const detail = "port 7233 of 127.0.0.1 is taken by pid 4711 (nginx)";
    const remedy = "kill 4711; or stigmer-local start --port 7333";
    const checks = [{ name: "ports", state: "fail", detail, remedy } as const];
    const text = renderDoctor({ ...report, checks }, paintFor(false), 40);
    assertEquals(text.split("\n").slice(0, 3), [
      "  ✗ ports  port 7233 of 127.0.0.1 is",
      "           taken by pid 4711 (nginx)",
      `           → ${remedy}`,
    ]);
  });

  it("uses colour if enabled", () => {
    assertStringIncludes(renderDoctor(report, paintFor(true), 80), "\x1b[31m✗\x1b[39m ports");
  });
});
