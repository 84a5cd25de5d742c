import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { copyWhileIdle } from "../../lib/database/copy_between_writes.ts";
import { copyDatabase, copyName, isCopyName, removeCopy, settleCopy } from "../../lib/database/copy_files.ts";
import { whyUnusable } from "../../lib/database/validate.ts";
import { loadSqlite, type Sqlite } from "../../lib/platform/sqlite/sqlite.ts";
import { eventually, withTempDir } from "../support.ts";

const ROWS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)";

/** Runs `body` while a transaction on `path` is half-written: pages of it are in the database, none is committed. */
async function inTransaction(path: string, body: (database: Sqlite) => Promise<void>): Promise<void> {
  const database = (await loadSqlite())(path);
  try {
    for (const sql of ["PRAGMA cache_size=5", "CREATE TABLE t (x)", `${ROWS} INSERT INTO t SELECT hex(i) FROM n`]) {
      database.all(sql);
    }
    database.all("BEGIN");
    database.all("UPDATE t SET x = x || 'torn'");
    await body(database);
  } finally {
    database.close();
  }
}

async function rowsOf(path: string, where: string): Promise<number> {
  const database = (await loadSqlite())(path);
  try {
    return Number(database.all(`SELECT count(*) AS count FROM t WHERE ${where}`)[0]!["count"]);
  } finally {
    database.close();
  }
}

describe("settleCopy()", () => {
  it("rolls back what was half-written when the copy was made", () =>
    withTempDir((folder) =>
      inTransaction(join(folder, "t.db"), async () => {
        assert(statSync(join(folder, "t.db-journal")).size > 0);
        symlinkSync(folder, join(folder, "link"));
        const copy = join(folder, "link", "copy.db");
        await copyDatabase(join(folder, "t.db"), copy);
        const facts = await settleCopy(copy);
        assertEquals([facts.problems, facts.tables], [[], ["t"]]);
        assertEquals([await rowsOf(copy, "x LIKE '%torn'"), await rowsOf(copy, "true")], [0, 2000]);
        assert(!existsSync(`${copy}-journal`));
      })
    ));

  it("moves in what was committed to a write-ahead log alone, and leaves one file", () =>
    withTempDir(async (folder) => {
      const database = (await loadSqlite())(join(folder, "t.db"));
      try {
        for (const sql of ["PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL", "CREATE TABLE t (x)"]) {
          database.all(sql);
        }
        database.all(`${ROWS} INSERT INTO t SELECT i FROM n`);
        await copyDatabase(join(folder, "t.db"), join(folder, "copy.db"));
      } finally {
        database.close();
      }
      assertEquals((await settleCopy(join(folder, "copy.db"))).problems, []);
      assertEquals(readdirSync(folder).filter((name) => name.startsWith("copy.db")), ["copy.db"]);
      assertEquals(await rowsOf(join(folder, "copy.db"), "true"), 2000);
    }));

  it("says what is wrong with what is no database, or a damaged one", () =>
    withTempDir(async (folder) => {
      const path = join(folder, "t.db");
      writeFileSync(path, "this is no database ".repeat(500));
      assertEquals((await settleCopy(path)).problems, ["file is not a database"]);
      writeFileSync(path, "");
      assertEquals(await settleCopy(path), { problems: [], tables: [], namespaces: [], sizeBytes: 0 });
      await inTransaction(join(folder, "u.db"), (database) => Promise.resolve(void database.all("COMMIT")));
      const fd = openSync(join(folder, "u.db"), "r+");
      writeSync(fd, new Uint8Array(20_000).fill(0xff), 0, 20_000, 8192);
      closeSync(fd);
      const facts = await settleCopy(join(folder, "u.db"));
      assertNotEquals(facts.problems, []);
      const lines = {
        ...facts,
        problems: ["*** in database main ***\nTree 13 page 13: btreeInitPage() returns error code 11"],
      };
      assertEquals(
        whyUnusable(lines),
        "it is damaged, or not a SQLite database (*** in database main *** Tree 13 page 13: btreeInitPage() returns error code 11)",
      );
    }));
});

describe("copyBetweenWrites()", () => {
  it("waits for the end of a transaction, and of writes", () =>
    withTempDir(async (folder) => {
      const [path, copy] = [join(folder, "t.db"), join(folder, "copy.db")];
      await inTransaction(path, async (database) => {
        assertEquals(await copyWhileIdle(path, copy, true, 300), false);
        assert(!existsSync(copy));
        database.all("COMMIT");
        assertEquals(await copyWhileIdle(path, copy, true, 20_000), true);
        assertEquals(await rowsOf(copy, "x LIKE '%torn'"), 2000);
      });
    }));

  it("gives up on a database that is written to all the time", () =>
    withTempDir(async (folder) => {
      const [path, copy] = [join(folder, "t.db"), join(folder, "copy.db")];
      writeFileSync(path, "");
      // Seen from here it was written to just now, whenever one looks.
      const later = new Date(Date.now() + 3_600_000);
      utimesSync(path, later, later);
      assertEquals(await copyWhileIdle(path, copy, true, 200), false);
      assertEquals(await copyWhileIdle(path, copy, false, 20_000), true);
    }));

  it("takes a journal that a crash left for what it is when nobody uses the database", () =>
    withTempDir(async (folder) => {
      const path = join(folder, "t.db");
      await inTransaction(path, async () => {
        await copyDatabase(path, join(folder, "crashed.db"));
      });
      const copy = join(folder, "copy.db");
      await eventually(() => copyWhileIdle(join(folder, "crashed.db"), copy, false, 5000));
      await settleCopy(copy);
      assertEquals(await rowsOf(copy, "x LIKE '%torn'"), 0);
    }));
});

describe("copyName()", () => {
  it("is known again, with what SQLite puts beside it", () =>
    withTempDir((folder) => {
      const name = copyName(join(folder, "temporal.db"));
      for (const suffix of ["", "-journal", "-wal", "-shm"]) {
        assert(isCopyName(name + suffix));
        writeFileSync(name + suffix, "");
      }
      for (const other of ["temporal.db", "temporal.db.copy-of-mine", "temporal.db.set-aside-1"]) {
        assert(!isCopyName(other));
      }
      removeCopy(name);
      assertEquals(readdirSync(folder), []);
    }));
});
