import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { readTemporalVersion } from "../../lib/binary/version/query_version.ts";
import { serverNotePath } from "../../lib/database/server_note.ts";
import { isAlive, temporalBinary, until, withInstance } from "./support.ts";
import { killHard, pidsOf, readPid, stopCleanly } from "./support_lifecycle.ts";

/** A real Temporal that runs `onVersion`, lines of sh, when it is asked for its version. Its name says none. */
function temporalThat(folder: string, onVersion: string): string {
  const path = join(folder, "some-temporal");
  const lines = ["#!/bin/sh", `if [ "$1" != server ]; then`, onVersion, "fi", `exec '${temporalBinary()}' "$@"`];
  writeFileSync(path, lines.join("\n") + "\n");
  chmodSync(path, 0o755);
  return path;
}

describe("the version of Temporal", () => {
  it("is asked for once per binary, and not by start", () =>
    withInstance(async (instance) => {
      const asked = join(instance.home, "asked");
      const binary = temporalThat(instance.home, `echo asked >>'${asked}'`);
      const { cli, server } = await readTemporalVersion(temporalBinary());
      const version = cli ?? `0.0.0-DEV (server ${server})`;
      await instance.start(["--headless", "--temporal-bin", binary]);
      const first = await instance.status();
      assertEquals(first.temporal?.version, version);
      const note = serverNotePath(instance.paths.defaultDatabase);
      await until("the server is noted", () => existsSync(note));
      await killHard(pidsOf(first).supervisor, pidsOf(first).temporal);
      const second = await instance.start(["--headless", "--temporal-bin", binary]);
      assertEquals(second.temporal?.version, version);
      assertEquals(readFileSync(asked, "utf8"), "asked\n");
    }));

  it("is not waited for where the binary hangs, which stop kills", () =>
    withInstance(async (instance) => {
      const pidFile = join(instance.home, "asked.pid");
      const binary = temporalThat(instance.home, `echo $$ >'${pidFile}'; exec sleep 300`);
      const started = await instance.start(["--headless", "--temporal-bin", binary]);
      const pid = await readPid(pidFile);
      assert(isAlive(pid));
      assertEquals(started.temporal?.version, null);
      await stopCleanly(instance, started);
      await until("it is killed", () => !isAlive(pid));
    }));
});
