import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { readTemporalVersion } from "../../lib/binary/ask_binary.ts";
import { refuseNewerDatabase, rememberServer } from "../../lib/database/downgrade_guard.ts";
import { serverNotePath } from "../../lib/database/server_note.ts";
import { LocalError } from "../../lib/errors/local_error.ts";
import { withTempDir } from "../support.ts";

/** A Temporal that says its versions, and notes that it was asked. */
function temporal(folder: string, cli: string, server: string): string {
  const path = join(folder, `temporal-${cli}`);
  const text =
    `#!/bin/sh\necho asked >> '${path}.asked'\necho "temporal version ${cli} (Server ${server}, UI 2.42.1)"\n`;
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

const timesAsked = (binary: string) =>
  existsSync(`${binary}.asked`) ? readFileSync(`${binary}.asked`, "utf8").trim().split("\n").length : 0;

describe("a database that a newer server has served", () => {
  it("is refused to an older one, with the way out, and given to its own and to newer ones", () =>
    withTempDir(async (folder) => {
      const database = join(folder, "temporal.db");
      writeFileSync(database, "data");
      const [older, patch, same, newer] = [
        temporal(folder, "1.4.1", "1.28.1"),
        temporal(folder, "1.5.0", "1.29.0"),
        temporal(folder, "1.5.1", "1.29.1"),
        temporal(folder, "1.6.0", "1.30.0"),
      ];
      await rememberServer(database, same, readTemporalVersion);
      for (const binary of [patch, same, newer]) await refuseNewerDatabase(database, binary);
      const error = await assertRejects(() => refuseNewerDatabase(database, older), LocalError);
      assertEquals([error.code, error.facts["cause"]], ["launch-failed", "database-newer"]);
      assert(error.message.includes("server 1.29.1") && error.message.includes("older 1.28.1"), error.message);
      assert(error.hint?.includes("--version 1.5.1") && error.hint.includes("reset"), error.hint);
    }));

  it("costs nothing as long as the binary is the same", () =>
    withTempDir(async (folder) => {
      const database = join(folder, "temporal.db");
      writeFileSync(database, "data");
      const binary = temporal(folder, "1.5.1", "1.29.1");
      for (let i = 0; i < 3; i++) {
        await refuseNewerDatabase(database, binary);
        await rememberServer(database, binary, readTemporalVersion);
      }
      assertEquals(timesAsked(binary), 1);
    }));

  it("removes what a killed supervisor left of a note, and nothing with a similar name", () =>
    withTempDir(async (folder) => {
      const database = join(folder, "temporal.db");
      const note = serverNotePath(database);
      for (const path of [database, `${note}.0123abcd.tmp`, `${note}.mine.tmp`]) writeFileSync(path, "x");
      await rememberServer(database, temporal(folder, "1.5.1", "1.29.1"), readTemporalVersion);
      assertEquals([existsSync(`${note}.0123abcd.tmp`), existsSync(`${note}.mine.tmp`)], [false, true]);
    }));

  it("is not meant when another database is in its place, or none, or the note is damaged", () =>
    withTempDir(async (folder) => {
      const database = join(folder, "temporal.db");
      writeFileSync(database, "data");
      const older = temporal(folder, "1.4.1", "1.28.1");
      await rememberServer(database, temporal(folder, "1.5.1", "1.29.1"), readTemporalVersion);
      renameSync(database, `${database}.set-aside`);
      await refuseNewerDatabase(database, older);
      writeFileSync(database, "new data");
      await refuseNewerDatabase(database, older);
      await rememberServer(database, older, readTemporalVersion);
      assertEquals(JSON.parse(readFileSync(serverNotePath(database), "utf8")).server, "1.28.1");
      for (const text of ["", "{", "[]", "null", '{"server":1}']) {
        writeFileSync(serverNotePath(database), text);
        await refuseNewerDatabase(database, older);
      }
      await refuseNewerDatabase(database, join(folder, "no-binary"));
    }));
});
