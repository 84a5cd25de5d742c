import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { completeSettings } from "../../../lib/config/settings.ts";
import { lastWords } from "../../../lib/logs/last_words.ts";
import { diagnoseExit } from "../../../lib/temporal/launch/exit_diagnosis.ts";

const FIXTURES = new URL("./fixtures/temporal_failures/", import.meta.url);

function fixture(name: string): string {
  return readFileSync(new URL(name, FIXTURES), "utf8");
}

describe("diagnoseExit()", () => {
  // Each file is what Temporal 1.5.1, or 1.8.2 for `in-1-8`, wrote when it was made to fail; the name begins with the cause.
  for (const name of readdirSync(FIXTURES)) {
    it(`knows the cause of ${name}`, () => {
      const failure = diagnoseExit({ lastWords: fixture(name), exitCode: 1, signal: null });
      assertEquals(failure.cause, name.split(".")[0]);
      assert(failure.hint !== "" && failure.message.length < 301);
    });
  }

  it("names the file that is at fault", () => {
    const exit = { exitCode: 1, signal: null, settings: completeSettings({}, "/data/t.db"), binary: "/opt/temporal" };
    const messageOf = (name: string) => diagnoseExit({ ...exit, lastWords: fixture(name) }).message;
    for (const name of readdirSync(FIXTURES).filter((each) => each.startsWith("database-"))) {
      assert(messageOf(name).startsWith("The database /data/t.db "), name);
    }
    assert(messageOf("nameless-user.txt").startsWith("The Temporal binary /opt/temporal requires "));
    const { message } = diagnoseExit({ ...exit, lastWords: "exec format error" });
    assertEquals(message, "The Temporal binary /opt/temporal is for another platform");
  });

  it("names the port and the address that are taken", () => {
    const failure = diagnoseExit({ lastWords: fixture("port-taken.ui.txt"), exitCode: 1, signal: null });
    assertEquals(failure.message, "Port 17601 of 127.0.0.1 is taken");
  });

  it("says that no port was free for what is within Temporal", () => {
    const { message } = diagnoseExit({ lastWords: fixture("port-taken.inner.txt"), exitCode: 2, signal: null });
    assertEquals(
      message,
      "Temporal found no free port for its internal services: dial tcp 127.0.0.1:40000: connect: cannot assign requested address",
    );
  });

  it("names the flag of the port that is taken", () => {
    const settings = completeSettings({ port: 17_600, uiPort: 17_601 }, "/db");
    const failure = diagnoseExit({ lastWords: fixture("port-taken.ui.txt"), exitCode: 1, signal: null, settings });
    assertEquals(
      failure.hint,
      "End the process that listens there (`stigmer-local doctor` names it), or choose another port with --ui-port",
    );
    const metrics = completeSettings({ metricsPort: 17_601 }, "/db");
    const other = fixture("port-taken.metrics.txt");
    const { hint } = diagnoseExit({ lastWords: other, exitCode: 1, signal: null, settings: metrics });
    assertEquals(
      hint,
      "End the process that listens there (`stigmer-local doctor` names it), or choose another port with --metrics-port",
    );
  });

  it("knows the words of Go and of shells on macOS", () => {
    const recorded = readFileSync(
      new URL("../../platform/processes/fixtures/darwin/go_bind_error.txt", import.meta.url),
      "utf8",
    );
    assertEquals(diagnoseExit({ lastWords: recorded, exitCode: 1, signal: null }).cause, "bad-flag");
    const lastWords = "/bin/sh: /Users/ada/bin/temporal: Bad CPU type in executable";
    const { cause, hint } = diagnoseExit({ lastWords, exitCode: 126, signal: null });
    assertEquals(cause, "wrong-platform");
    assert(hint.startsWith("Install Rosetta (`softwareupdate --install-rosetta`)"), hint);
  });

  it("names commands of macOS beside those of Linux", () => {
    const { hint } = diagnoseExit({ lastWords: "", exitCode: null, signal: "SIGKILL" });
    assert(/`dmesg`, on macOS `log show /.test(hint), hint);
    const ports = diagnoseExit({ lastWords: fixture("port-taken.inner.txt"), exitCode: 2, signal: null });
    assert(ports.hint.includes("netstat -an"), ports.hint);
  });

  it("names the quarantine of macOS for a binary that is killed before it says anything", () => {
    const killed = { lastWords: "", exitCode: null, signal: "SIGKILL", binary: "/Users/ada/temporal" };
    const hintOf = (more: object) => diagnoseExit({ ...killed, ...more }).hint;
    const quarantine = /^If a browser downloaded it, run `xattr -d com\.apple\.quarantine '\/Users\/ada\/temporal'`; /;
    assert(quarantine.test(hintOf({ platform: "darwin" })), hintOf({ platform: "darwin" }));
    for (const more of [{ platform: "linux" }, { platform: "darwin", lastWords: "time=x level=INFO msg=started\n" }]) {
      assert(!quarantine.test(hintOf(more)), hintOf(more));
    }
  });

  it("takes the last cause, not an earlier one", () => {
    const output = fixture("port-taken.grpc.txt") + fixture("database-locked.txt");
    assertEquals(diagnoseExit({ lastWords: output, exitCode: 1, signal: null }).cause, "database-locked");
  });

  it("looks at the disk before it blames the binary or the database, but not what has another cause", () => {
    const fullDisk = "only 0 B free at /data";
    const causeOf = (lastWords: string) => diagnoseExit({ lastWords, exitCode: 1, signal: null, fullDisk });
    for (const words of ["", fixture("database-corrupt.garbage.txt"), "unable to open database file"]) {
      assertEquals(causeOf(words).message, "The disk is full: only 0 B free at /data", words);
    }
    assertEquals(causeOf(fixture("port-taken.ui.txt")).cause, "port-taken");
  });

  it("names the limit of the size of files where the database cannot be written", () => {
    const lastWords = "Error: failed starting server: GetClusterMetadata operation failed. Error: disk I/O error (778)";
    const { cause, message, hint } = diagnoseExit({ lastWords, exitCode: 1, signal: null });
    assertEquals([cause, message], ["database-unwritable", "The database cannot be read or written: disk I/O error"]);
    assert(hint.includes("ulimit -f"), hint);
  });

  it("does not take a warning for the cause", () => {
    const output = 'time=2026-01-01T00:00:00.000 level=WARN msg="disk" error="no space left on device"\n';
    assertEquals(diagnoseExit({ lastWords: output, exitCode: 0, signal: null }), {
      cause: "unknown",
      message: "Temporal exited with code 0",
      hint: "`stigmer-local logs` shows what it wrote before",
    });
  });

  it("reads a log in JSON, too", () => {
    const output = `${
      JSON.stringify({ time: "t", level: "ERROR", msg: "failed starting server: database is locked (5)" })
    }\n`;
    assertEquals(diagnoseExit({ lastWords: output, exitCode: 1, signal: null }).cause, "database-locked");
  });

  it("gives Temporal's own words when the cause is unknown", () => {
    const output = 'time=2026-01-01T00:00:00.000 level=ERROR msg="failed starting server: the \\"moon\\" is full"\n';
    assertEquals(
      diagnoseExit({ lastWords: output, exitCode: 1, signal: null }).message,
      'Temporal exited with code 1: the "moon" is full',
    );
  });

  it("tells a kill from an exit", () => {
    const failure = diagnoseExit({ lastWords: "", exitCode: null, signal: "SIGKILL" });
    assertEquals(failure.message, "Temporal was killed by SIGKILL");
  });

  it("never throws", () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom("{", "Usage:", 'time=x level=ERROR msg="', 'time=x level=ERROR msg="\\x', "{}"),
    );
    fc.assert(fc.property(fc.array(line), fc.option(fc.integer()), (lines, code) => {
      diagnoseExit({ lastWords: lines.join("\n"), exitCode: code, signal: null });
    }));
  });
});

describe("lastWords()", () => {
  it("frees the message of the wrapping of the start-up framework", () => {
    assertEquals(
      lastWords(fixture("database-half-made.txt")),
      "error while fetching cluster metadata: GetClusterMetadata operation failed. Error: SQL logic error: no such table: cluster_metadata_info (1)",
    );
  });

  it("passes over the usage text", () => {
    assertEquals(lastWords(fixture("bad-flag.unknown.txt")), "unknown flag: --no-such-flag");
  });

  it("is empty when nothing of weight was said", () => {
    assertEquals(lastWords(""), "");
    assertEquals(lastWords("time=2026-01-01T00:00:00.000 level=INFO msg=hello\n"), "");
  });
});
