import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  isLockedInLsof,
  isReadOnlyInLsof,
  parseLsof,
  socketAddress,
} from "../../../lib/platform/processes/parse_lsof.ts";
import { hasArguments, parsePs } from "../../../lib/platform/processes/parse_ps.ts";
import { darwinProcesses } from "../../../lib/platform/processes/processes_darwin.ts";

/** See the README.md there for where each comes from. */
function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/darwin/${name}`, import.meta.url), "utf8");
}

const psLine = (lstart: string) => `  501   501 Ss   ${lstart.padEnd(28)} /Users/ada/temporal server start-dev`;

describe("ps of macOS", () => {
  it("prints another start time for the same process in another zone, so that the zone has to be fixed", () => {
    const times = fixture("ps_lstart_zones.txt").trim().split("\n").map((line) => line.split("\t")[1]!);
    const [west, east] = times.map((lstart) => parsePs(psLine(lstart))[0]?.startTime);
    assert(west !== undefined && east !== undefined && west !== east);
  });

  it("is read in the C locale, and in no other", () => {
    const times = new Map(
      fixture("ps_lstart_locales.txt").trim().split("\n").map((line) => line.split("\t") as [string, string]),
    );
    assertEquals(parsePs(psLine(times.get("C")!)).map(({ startTime }) => startTime), ["Wed Sep 16 14:52:17 2026"]);
    assertEquals(parsePs(psLine(times.get("en_GB")!)), []);
  });

  it("has no letter for an exiting process, or without entitlement; both are seen", () => {
    const lines = parsePs(fixture("ps_states.txt"));
    assertEquals(lines.map(({ pid, state, isSessionLeader }) => `${pid} ${state}${isSessionLeader ? " leads" : ""}`), [
      "501 S leads",
      "502 Z",
      "503 Z",
      "504 X leads",
      "505 X",
      "506 S",
      "507 S",
      "508 S leads",
      "509 D",
      "510 T leads",
    ]);
    assertEquals(lines.filter(({ command }) => !hasArguments(command)).map(({ pid }) => pid), [
      502,
      503,
      504,
      505,
      506,
    ]);
  });

  it("shows no arguments of a process that exits or is about to run another program", () => {
    const lines = fixture("ps_states.txt").split("\n");
    const processes = darwinProcesses(999, (_tool, args) => {
      if (!args.includes("-p")) return lines.join("\n");
      const line = lines.find((each) => each.trim().startsWith(args.at(-1)!)) ?? "";
      return args.includes("pid=,command=") ? line.replace(/^(\s*\d+).*2026 +/, "$1 ") : line;
    });
    assertEquals([501, 502, 504, 506].map((pid) => processes.argv(pid)), [
      ["/Users/ada/.stigmer/bin/temporal-1.5.1", "server", "start-dev"],
      null,
      null,
      null,
    ]);
    assertEquals([501, 502, 504, 506].map((pid) => processes.inspect(pid)?.state), ["S", "Z", "X", "S"]);
    assertEquals([processes.liveGroupMembers(501).length, processes.liveGroupMembers(504).length], [1, 0]);
  });
});

describe("lsof of macOS", () => {
  it("lists listeners by address", () => {
    const sockets = parseLsof(fixture("lsof_listeners.txt")).map((file) => [file.pid, socketAddress(file)?.port]);
    assertEquals(sockets, [[1319, 57803], [6306, 42050], [22197, 50107]]);
  });

  it("shows that a file is locked, with a large inode", () => {
    const [file] = parseLsof(fixture("lsof_flock.txt"));
    assertEquals([file?.inode, file?.device, file?.links], [8591142029n, 0x1000010n, 1]);
    assertEquals([isLockedInLsof(file!), isReadOnlyInLsof(file!)], [true, false]);
  });

  it("escapes names, which are decoded", () => {
    assertEquals(parseLsof(fixture("lsof_names.txt")).map(({ path }) => path), [
      "/Users/ada/Grüße/t.lock",
      "/Users/ada/back\\slash/t.lock",
      "/Users/ada/two\nlines\tand a tab",
      "/Users/ada/\\xc3",
      "/Users/ada/Grüße/t.lock",
    ]);
  });
});
