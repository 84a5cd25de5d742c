import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  type EventLog,
  type LogEvent,
  MAX_HISTORY_BYTES,
  openEventLog,
  readHistory,
} from "../../lib/instance/event_log.ts";
import { withTempDir } from "../platform/support.ts";

const AT = "2026-11-23T05:59:01.123Z";

interface Places {
  folder: string;
  logPath: string;
  history: string;
}

function withLog(body: (log: EventLog, places: Places) => void): Promise<void> {
  return withTempDir((folder) => {
    const places = { folder, logPath: join(folder, "supervisor.log"), history: join(folder, "history.jsonl") };
    const log = openEventLog(places.logPath, places.history, () => Date.parse(AT));
    try {
      body(log, places);
    } finally {
      log.close();
    }
  });
}

const eventsIn = (path: string): LogEvent[] =>
  readFileSync(path, "utf8").split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as LogEvent);

describe("openEventLog()", () => {
  it("writes a line of JSON for each event", () =>
    withLog((log, { logPath }) => {
      log.note("warning", { message: "two\nlines" });
      log.transition("running", { from: "starting" });
      assertEquals(eventsIn(logPath), [
        { at: AT, event: "warning", message: "two\nlines" },
        { at: AT, event: "running", from: "starting" },
      ]);
      assertEquals(statSync(logPath).mode & 0o777, 0o600);
    }));

  it("goes on with the log that is there", () =>
    withLog((log, { logPath, history }) => {
      log.note("one");
      const second = openEventLog(logPath, history, () => Date.parse(AT));
      second.note("two");
      log.note("three");
      second.close();
      assertEquals(eventsIn(logPath).map(({ event }) => event), ["one", "two", "three"]);
    }));

  it("keeps transitions alone as history", () =>
    withLog((log, { history }) => {
      assertEquals(readHistory(history), []);
      log.note("health check failed");
      log.transition("running");
      log.transition("backoff");
      assertEquals(readHistory(history).map((line) => (JSON.parse(line) as LogEvent).event), ["running", "backoff"]);
    }));

  it("cuts the history to its newer part before it grows too large", () =>
    withLog((log, { history }) => {
      let largest = 0;
      for (let at = 0; at < 1000; at++) {
        log.transition(`event ${at}`, { padding: "x".repeat(1000) });
        largest = Math.max(largest, statSync(history).size);
      }
      assert(largest <= MAX_HISTORY_BYTES, `${largest} bytes`);
      const kept = eventsIn(history).map(({ event }) => Number(event.split(" ")[1]));
      assert(kept.length > 50, `${kept.length} kept`);
      assertEquals(kept, Array.from({ length: kept.length }, (_, at) => 1000 - kept.length + at));
    }));

  it("gives each event to those who listen, until they stop", () =>
    withLog((log) => {
      const heard: string[] = [];
      const [first, second] = ["first", "second"].map((name) =>
        log.subscribe(({ event }) => void heard.push(`${name} ${event}`))
      );
      log.note("a");
      first!();
      log.transition("b");
      second!();
      log.note("c");
      assertEquals(heard, ["first a", "second a", "second b"]);
    }));

  it("survives the loss of its home", () =>
    withLog((log, { folder }) => {
      const heard: string[] = [];
      log.subscribe(({ event }) => void heard.push(event));
      rmSync(folder, { recursive: true });
      log.transition("running");
      assertEquals(heard, ["running"]);
    }));

  it("writes no history through a link, nor into a folder", () =>
    withLog((log, { folder, history, logPath }) => {
      writeFileSync(join(folder, "mine"), "mine\n");
      symlinkSync("mine", history);
      log.transition("running");
      rmSync(history);
      mkdirSync(history);
      log.transition("backoff");
      assertEquals(readFileSync(join(folder, "mine"), "utf8"), "mine\n");
      assertEquals(eventsIn(logPath).length, 2);
      assertEquals(readHistory(history), []);
    }));
});
