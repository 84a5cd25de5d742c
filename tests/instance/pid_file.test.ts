import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { readPidFile, removePidFile, writePidFile } from "../../lib/instance/pid_file.ts";
import { formatRecord, MAX_RECORD_BYTES, type PidRecord } from "../../lib/instance/pid_file_format.ts";
import { withTempDir } from "../platform/support.ts";

const RECORD: PidRecord = {
  pid: 4242,
  startedAtS: 1_767_323_045,
  startTime: "123",
  bootId: "b",
  executable: "/opt/temporal",
};

const at = (...path: string[]) => ({ record: join(...path), program: "temporal" });

describe("writePidFile()", () => {
  it("writes a record that readPidFile() reads, over the one that is there", () =>
    withTempDir((folder) => {
      const path = join(folder, "temporal.pid");
      assertEquals(writePidFile(at(path), { ...RECORD, pid: 4141 }), null);
      assertEquals(writePidFile(at(path), RECORD), null);
      assertEquals(readPidFile(at(path)), { record: RECORD, unusable: null });
      assertEquals(readdirSync(folder), ["temporal.pid"]);
    }));

  it("writes one that is of use where the folder is moved to, and not in a copy of it", () =>
    withTempDir((folder) => {
      for (const name of ["home", "other"]) mkdirSync(join(folder, name));
      writePidFile(at(folder, "home/temporal.pid"), RECORD);
      copyFileSync(join(folder, "home/temporal.pid"), join(folder, "other/temporal.pid"));
      renameSync(join(folder, "home"), join(folder, "moved"));
      assertEquals(readPidFile(at(folder, "moved/temporal.pid")), { record: RECORD, unusable: null });
      const unusable = "copied from another folder";
      assertEquals(readPidFile(at(folder, "other/temporal.pid")), { record: null, unusable });
    }));

  it("replaces a link, and leaves alone where it leads", () =>
    withTempDir((folder) => {
      const path = join(folder, "temporal.pid");
      writeFileSync(join(folder, "mine"), "mine\n");
      symlinkSync("mine", path);
      assertEquals(writePidFile(at(path), RECORD), null);
      assertEquals(readFileSync(join(folder, "mine"), "utf8"), "mine\n");
      assertEquals(readPidFile(at(path)).record, RECORD);
    }));

  it("says why it can't be written", () =>
    withTempDir((folder) => {
      assertEquals(writePidFile(at(folder, "gone", "temporal.pid"), RECORD), "ENOENT");
      mkdirSync(join(folder, "temporal.pid"));
      assertEquals(writePidFile(at(folder, "temporal.pid"), RECORD), "EISDIR");
      assertEquals(readdirSync(folder), ["temporal.pid"]);
    }));
});

describe("removePidFile()", () => {
  it("removes the record of the process that is named, and of no other", () =>
    withTempDir((folder) => {
      const path = join(folder, "temporal.pid");
      removePidFile(at(path), RECORD.pid);
      writePidFile(at(path), RECORD);
      removePidFile(at(path), 4141);
      assertEquals(existsSync(path), true);
      removePidFile(at(path), RECORD.pid);
      assertEquals(existsSync(path), false);
    }));

  it("leaves alone what is no record of ours", () =>
    withTempDir((folder) => {
      const path = join(folder, "temporal.pid");
      writeFileSync(path, "4242\npostgres\n");
      removePidFile(at(path), RECORD.pid);
      writeFileSync(join(folder, "elsewhere"), formatRecord(RECORD));
      symlinkSync("elsewhere", join(folder, "link"));
      removePidFile(at(folder, "link"), RECORD.pid);
      assertEquals(readdirSync(folder).sort(), ["elsewhere", "link", "temporal.pid"]);
    }));
});

describe("readPidFile()", () => {
  it("says what stands in the record's place", () =>
    withTempDir((folder) => {
      const path = (name: string) => join(folder, name);
      mkdirSync(path("folder"));
      symlinkSync("folder", path("link"));
      writeFileSync(path("huge"), "1".repeat(MAX_RECORD_BYTES + 1));
      writeFileSync(path("binary"), Uint8Array.of(0xff, 0xfe, 52, 50));
      writeFileSync(path("empty"), "");
      writeFileSync(path("one"), "1\ntemporal\n");
      const unusable = {
        folder: "not-a-file",
        link: "symlink",
        huge: "too-big",
        binary: "binary",
        empty: "empty",
        one: "PID 1 is out of range",
      };
      for (const [name, why] of Object.entries(unusable)) {
        assertEquals(readPidFile(at(path(name))), { record: null, unusable: why }, name);
      }
      assertEquals(readPidFile(at(path("none"))), { record: null, unusable: null });
    }));
});
