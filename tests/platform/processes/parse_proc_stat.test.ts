import { test } from "node:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseProcStat } from "../../../lib/platform/processes/parse_proc_stat.ts";

const REST = "4194304 1 2 3 4 5 6 7 8 20 0 9 0 103284 1234 56 18446744073709551615 1 1 0\n";

test("parseProcStat() reads a plain line", () => {
  assertEquals(parseProcStat(`4711 (temporal) S 1 4711 4711 0 -1 ${REST}`), {
    pid: 4711,
    name: "temporal",
    state: "S",
    pgid: 4711,
    sid: 4711,
    foregroundPgid: -1,
    cpuTicks: 11,
    startTime: "103284",
  });
});

test("parseProcStat() is not led astray by a process that calls itself `a) Z 1 (b`", () => {
  const stat = parseProcStat(`7 (a) Z 1 (b\n) c) R 2 3 4 0 -1 ${REST}`);
  assertEquals([stat?.name, stat?.state, stat?.pgid, stat?.startTime], [
    "a) Z 1 (b\n) c",
    "R",
    3,
    "103284",
  ]);
});

test("parseProcStat() gives back every name, whatever it holds", () => {
  fc.assert(fc.property(fc.string({ maxLength: 15, unit: "binary" }), fc.nat(), fc.nat(), (name, pid, pgid) => {
    const stat = parseProcStat(`${pid} (${name}) T 1 ${pgid} 9 0 -1 ${REST}`);
    assertEquals([stat?.pid, stat?.name, stat?.state, stat?.pgid, stat?.sid], [pid, name, "T", pgid, 9]);
  }));
});

test("parseProcStat() answers null for anything else, and never throws", () => {
  for (const text of ["", "1", "1 (", "1 ()", "x (y) S 1 1 1", "1 (y) S 1 1 1", `-1 (y) S 1 1 1 0 -1 ${REST}`]) {
    assertEquals(parseProcStat(text), null, JSON.stringify(text));
  }
  fc.assert(fc.property(fc.string(), (text) => {
    parseProcStat(text);
  }));
});

test("parseProcStat() takes a process for a zombie only when none of its threads is left", () => {
  const stateOf = (threads: number) =>
    parseProcStat(`7 (a) Z 2 3 4 0 -1 ${REST.replace(" 0 9 0 103284", ` 0 ${threads} 0 103284`)}`)?.state;
  assertEquals([0, 1, 2, 9].map(stateOf), ["Z", "Z", "R", "R"]);
});

test("parseProcStat() tells which group its terminal has in the foreground", () => {
  const groups = (text: string) => {
    const stat = parseProcStat(text);
    return [stat?.pgid, stat?.foregroundPgid];
  };
  assertEquals(groups(`7 (a) 1 2) S 1 4711 4700 34816 4711 ${REST}`), [4711, 4711]);
  assertEquals(groups(`7 (a) S 1 4711 4700 34816 4700 ${REST}`), [4711, 4700]);
  assertEquals(groups(`7 (a) S 1 4711 4711 0 -1 ${REST}`), [4711, -1]);
});
