import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  finishDatabase,
  isBeingMade,
  markerPath,
  prepareDatabase,
  replaceDatabase,
  setAsideDatabase,
} from "../../lib/database/files.ts";
import { checkDatabase, makeDatabaseFolder, realDatabasePath } from "../../lib/database/path.ts";
import { LocalError } from "../../lib/errors/local_error.ts";
import { loadSqlite } from "../../lib/platform/sqlite/sqlite.ts";
import { printedWithoutRights, withTempDir } from "../support.ts";

const NOW = new Date("2026-01-02T03:04:05.678Z");
const ASIDE = ".set-aside-20260102T030405.678Z";

describe("realDatabasePath()", () => {
  it("gives one path for all names of a database, whether it exists or not", () =>
    withTempDir((folder) => {
      const real = realpathSync(folder);
      mkdirSync(join(folder, "data"));
      symlinkSync(join(folder, "data"), join(folder, "link"));
      symlinkSync("data/t.db", join(folder, "name.db"));
      const names = [
        join(folder, "data", "t.db"),
        join(folder, "link", "t.db"),
        join(folder, "link", "..", "data", "t.db"),
        join(folder, "name.db"),
      ];
      for (const name of names) assertEquals(realDatabasePath(name), join(real, "data", "t.db"));
      writeFileSync(join(folder, "data", "t.db"), "x");
      for (const name of names) assertEquals(realDatabasePath(name), join(real, "data", "t.db"));
    }));

  it("says what to do when the folder is missing", () =>
    withTempDir((folder) => {
      const error = assertThrows(() => realDatabasePath(join(folder, "none", "t.db")), LocalError, "does not exist");
      assertEquals(error.hint, `Create it: \`mkdir -p '${join(folder, "none")}'\``);
    }));

  it("makes the folder, and says what stands in its place", () =>
    withTempDir((folder) => {
      for (let n = 0; n < 2; n++) makeDatabaseFolder(join(folder, "data", "t.db"));
      assertEquals(statSync(join(folder, "data")).mode & 0o777, 0o700);
      writeFileSync(join(folder, "file"), "");
      symlinkSync(join(folder, "nothing"), join(folder, "link"));
      for (const name of ["file", "link"]) {
        assertThrows(() => makeDatabaseFolder(join(folder, name, "t.db")), LocalError, `${name} is not a directory`);
      }
      assertThrows(() => makeDatabaseFolder(join(folder, "no", "where", "t.db")), LocalError, "cannot create");
    }));

  it("does not follow links for ever", () =>
    withTempDir((folder) => {
      symlinkSync("b.db", join(folder, "a.db"));
      symlinkSync("a.db", join(folder, "b.db"));
      assertThrows(() => realDatabasePath(join(folder, "a.db")), LocalError);
    }));
});

describe("checkDatabase()", () => {
  it("refuses a folder, a missing folder and a path that SQLite would read otherwise", () =>
    withTempDir((folder) => {
      mkdirSync(join(folder, "t.db"));
      assertThrows(() => checkDatabase(join(folder, "t.db")), LocalError, "it is a directory");
      assertThrows(() => checkDatabase(join(folder, "none", "t.db")), LocalError, "does not exist");
      assertThrows(() => checkDatabase(join(folder, "file?mode=ro.db")), LocalError, "SQLite cannot open");
      assertThrows(() => checkDatabase(join(folder, "a%41.db")), LocalError, "SQLite cannot open");
      checkDatabase(join(folder, "100% ünïcode and spaces.db"));
    }));

  it("refuses what can't be written", (t) =>
    withTempDir((folder) => {
      chmodSync(folder, 0o755);
      writeFileSync(join(folder, "t.db"), "x", { mode: 0o444 });
      if (process.geteuid?.() !== 0) chmodSync(folder, 0o555);
      const ofFolder = printedWithoutRights("write_here.ts", "database", join(folder, "u.db"));
      chmodSync(folder, 0o777);
      const ofFile = printedWithoutRights("write_here.ts", "database", join(folder, "t.db"));
      if (ofFolder === null || ofFile === null) return t.skip("nobody can't be had, or can't read this folder");
      assert(ofFolder.includes("its directory is not writable (EACCES)"), ofFolder);
      assert(ofFile.includes("it is not readable and writable (EACCES)"), ofFile);
      assertEquals(printedWithoutRights("write_here.ts", "database", join(folder, "u.db")), "fine");
    }));
});

describe("prepareDatabase()", () => {
  it("marks a database that is to be made until it serves", () =>
    withTempDir(async (folder) => {
      const path = join(folder, "t.db");
      assertEquals(await prepareDatabase(path, NOW), null);
      assert(isBeingMade(path));
      writeFileSync(path, "half");
      assertEquals(await prepareDatabase(path, NOW), null);
      assert(isBeingMade(path));
      finishDatabase(path);
      finishDatabase(path);
      assertEquals(await prepareDatabase(path, NOW), null);
      assertEquals(readdirSync(folder), ["t.db"]);
    }));

  it("sets a marked database without a namespace aside, with the journal that it has", () =>
    withTempDir(async (folder) => {
      const path = join(folder, "t.db");
      const open = await loadSqlite();
      for (const sql of ["CREATE TABLE executions(id)", "CREATE TABLE namespaces(name)"]) {
        await prepareDatabase(path, NOW);
        const database = open(path);
        database.all(sql);
        database.close();
        writeFileSync(`${path}-journal`, "");
        assertEquals(await prepareDatabase(path, NOW), path + ASIDE);
        assertEquals(readdirSync(folder).sort(), ["t.db.being-made", `t.db${ASIDE}`, `t.db${ASIDE}-journal`]);
        for (const suffix of [ASIDE, `${ASIDE}-journal`]) rmSync(path + suffix);
      }
    }));

  it("leaves a database alone that has a namespace, or no mark", () =>
    withTempDir(async (folder) => {
      const path = join(folder, "t.db");
      const database = (await loadSqlite())(path);
      database.all("CREATE TABLE namespaces(name)");
      assertEquals(await prepareDatabase(path, NOW), null);
      assert(!isBeingMade(path));
      database.all("INSERT INTO namespaces VALUES ('default')");
      database.close();
      writeFileSync(markerPath(path), "");
      const bytes = readFileSync(path);
      assertEquals(await prepareDatabase(path, NOW), null);
      assertEquals(readFileSync(path), bytes);
      assertEquals(readdirSync(folder).sort(), ["t.db", "t.db.being-made"]);
    }));

  it("marks it without a temporary file, which a kill would leave beside it: there is no room for its name", () =>
    withTempDir(async (folder) => {
      const name = "d".repeat(255 - ".being-made".length);
      await prepareDatabase(join(folder, name), NOW);
      assertEquals(readdirSync(folder), [`${name}.being-made`]);
    }));

  it("puts its mark in the place of a link, and leaves alone what that leads to", () =>
    withTempDir(async (folder) => {
      const path = join(folder, "t.db");
      const precious = join(folder, "precious");
      writeFileSync(precious, "kept");
      symlinkSync(precious, markerPath(path));
      await prepareDatabase(path, NOW);
      assert(isBeingMade(path));
      finishDatabase(path);
      assertEquals(readFileSync(precious, "utf8"), "kept");
    }));

  it("sets an empty file aside, with what is beside it", () =>
    withTempDir(async (folder) => {
      const path = join(folder, "t.db");
      writeFileSync(path, "");
      writeFileSync(`${path}-journal`, "j");
      assertEquals(await prepareDatabase(path, NOW), path + ASIDE);
      assertEquals(readdirSync(folder).sort(), ["t.db.being-made", `t.db${ASIDE}`, `t.db${ASIDE}-journal`]);
    }));
});

describe("setAsideDatabase()", () => {
  it("renames the database and its side files, and says where to", () =>
    withTempDir((folder) => {
      const path = join(folder, "t.db");
      for (const suffix of ["", "-journal", "-wal", "-shm", ".other"]) writeFileSync(path + suffix, suffix);
      assertEquals(setAsideDatabase(path, NOW), path + ASIDE);
      assertEquals(readFileSync(`${path}${ASIDE}-wal`, "utf8"), "-wal");
      assertEquals(readdirSync(folder).filter((name) => !name.includes("set-aside")), ["t.db.other"]);
      assert(!existsSync(markerPath(path)));
    }));

  it("overwrites nothing, also within one moment", () =>
    withTempDir((folder) => {
      const path = join(folder, "t.db");
      writeFileSync(path, "first");
      writeFileSync(`${path}-wal`, "first wal");
      setAsideDatabase(path, NOW);
      writeFileSync(path, "second");
      assertEquals(setAsideDatabase(path, NOW), `${path}${ASIDE}-2`);
      assertEquals(readFileSync(path + ASIDE, "utf8"), "first");
      assertEquals(readFileSync(`${path}${ASIDE}-2`, "utf8"), "second");
    }));

  it("does nothing where nothing is", () =>
    withTempDir((folder) => {
      assertEquals(setAsideDatabase(join(folder, "t.db"), NOW), null);
      assertEquals(readdirSync(folder), []);
    }));
});

describe("replaceDatabase()", () => {
  const path = (folder: string) => join(folder, "t.db");

  it("puts a file in the place of the database, which is set aside with its journal", () =>
    withTempDir((folder) => {
      for (const [suffix, text] of [["", "old"], ["-wal", "log"], [".new", "new"]] as const) {
        writeFileSync(path(folder) + suffix, text);
      }
      const setAsideTo = replaceDatabase(path(folder), `${path(folder)}.new`, NOW);
      assertEquals(setAsideTo, path(folder) + ASIDE);
      assertEquals(readdirSync(folder).sort(), ["t.db", `t.db${ASIDE}`, `t.db${ASIDE}-wal`]);
      assertEquals(readFileSync(path(folder), "utf8"), "new");
      rmSync(path(folder));
      writeFileSync(`${path(folder)}.new`, "new");
      assertEquals(replaceDatabase(path(folder), `${path(folder)}.new`, NOW), null);
    }));

  it("puts everything back when that fails", () =>
    withTempDir((folder) => {
      for (const suffix of ["", "-journal", "-wal"]) writeFileSync(path(folder) + suffix, `old${suffix}`);
      assertThrows(() => replaceDatabase(path(folder), `${path(folder)}.none`, NOW), Error, "ENOENT");
      assertEquals(readdirSync(folder).sort(), ["t.db", "t.db-journal", "t.db-wal"]);
      for (const suffix of ["", "-journal", "-wal"]) {
        assertEquals(readFileSync(path(folder) + suffix, "utf8"), `old${suffix}`);
      }
    }));
});
