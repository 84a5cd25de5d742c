import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assertEquals, assertMatch } from "@std/assert";
import { watchFiles } from "../../../lib/stack/watch/watch_files.ts";
import { withTempDir } from "../../platform/support.ts";
import { git, put, SHORT_DEBOUNCE_MS as debounceMs, withWatch } from "./support.ts";

describe("watchFiles()", () => {
  it("reports a file that is written, created, deleted, replaced, or touched", () =>
    withTempDir(async (project) => {
      const source = put(project, "src/deep/er/a.ts");
      await withWatch([join(project, "src")], { project }, async ({ next, warnings }) => {
        writeFileSync(source, "changed");
        assertEquals(await next(), [source]);
        const created = put(project, "src/b.ts");
        assertEquals(await next(), [created]);
        unlinkSync(created);
        assertEquals(await next(), [created]);
        utimesSync(source, 1, 1);
        assertEquals(await next(), [source]);
        // as vim saves
        put(project, "src/deep/er/4913");
        renameSync(source, `${source}~`);
        writeFileSync(source, "new");
        unlinkSync(`${source}~`);
        assertEquals(await next(), [source]);
        put(project, "src/deep/er/.a.ts.swp"); // an open file
        writeFileSync(`${source}.tmp`, "new");
        renameSync(`${source}.tmp`, source);
        assertEquals(await next(), [source, `${source}.tmp`]);
        assertEquals(warnings, []);
      });
    }));

  it("reports a burst of changes once, after it is over", () =>
    withTempDir(async (project) => {
      const source = put(project, "src/0.ts");
      await withWatch([join(project, "src")], { project, debounceMs: 500 }, async ({ next }) => {
        const paths: string[] = [];
        let lastMs = 0;
        for (let at = 0; at < 10; at++) {
          paths.push(put(project, `src/${at}.ts`));
          lastMs = performance.now();
          await new Promise((resume) => setTimeout(resume, 50));
        }
        assertEquals(await next(), paths);
        assertEquals(performance.now() - lastMs >= 499, true);
        writeFileSync(source, "again");
        assertEquals(await next(), [source]);
      });
    }));

  it("leaves out .git, node_modules, the home, and what git ignores", () =>
    withTempDir(async (project) => {
      git(project, "init", "-q");
      put(project, ".gitignore", "dist/\n*.log\n/secret.ts\n!keep.log\n");
      put(project, "packages/a/.gitignore", "generated\n");
      for (const name of ["dist/x/a.js", "node_modules/m/a.js", "packages/a/node_modules/m/a.js"]) put(project, name);
      for (const name of [".stigmer/a", "packages/a/generated/a.ts", "packages/a/src/a.ts"]) put(project, name);
      const ignored = [join(project, ".stigmer")];
      await withWatch([project], { project, ignored }, async ({ next, warnings }) => {
        for (const name of ["dist/x/a.js", "node_modules/m/a.js", "packages/a/node_modules/m/a.js"]) put(project, name);
        for (const name of [".stigmer/a", "packages/a/generated/a.ts", "a.log", "packages/b.log"]) put(project, name);
        put(project, "secret.ts");
        put(project, ".git/HEAD.lock");
        const marker = put(project, "packages/a/src/a.ts", "changed");
        assertEquals(await next(), [marker]);
        rmSync(join(project, "dist"), { recursive: true });
        put(project, "dist/y/a.js");
        put(project, "a.log", "again");
        const kept = put(project, "packages/keep.log");
        assertEquals(await next(), [kept]);
        put(project, "packages/a/node_modules/m/b.js");
        put(project, "other/node_modules/m/b.js");
        put(project, "other/dist/b.js");
        const other = put(project, "packages/secret.ts");
        assertEquals(await next(), [other]);
        assertEquals(warnings, []);
      });
    }));

  it("reports a tracked file that a rule of .gitignore matches, and an ignored folder that is named", () =>
    withTempDir(async (project) => {
      git(project, "init", "-q");
      put(project, ".gitignore", "*.log\ndist\n");
      const tracked = put(project, "tracked.log");
      git(project, "add", "-f", "tracked.log");
      const built = put(project, "dist/deep/main.js");
      const env = put(project, "dist2/x.log");
      await withWatch([project, join(project, "dist")], { project }, async ({ next }) => {
        put(project, "untracked.log");
        writeFileSync(tracked, "changed");
        assertEquals(await next(), [tracked]);
      });
      await withWatch([join(project, "dist"), env], { project }, async ({ next }) => {
        writeFileSync(built, "changed");
        assertEquals(await next(), [built]);
        writeFileSync(env, "changed");
        assertEquals(await next(), [env]);
      });
    }));

  it("follows a change of .gitignore", () =>
    withTempDir(async (project) => {
      git(project, "init", "-q");
      const rules = put(project, ".gitignore", "dist/\n*.log\n");
      const built = put(project, "dist/deep/main.js");
      const log = put(project, "a.log");
      await withWatch([project], { project }, async ({ next }) => {
        writeFileSync(log, "ignored");
        writeFileSync(rules, "*.tmp\n");
        assertEquals((await next()).includes(rules), true);
        writeFileSync(built, "changed");
        assertEquals(await next(), [built]);
        put(project, "a.tmp");
        writeFileSync(log, "changed");
        assertEquals(await next(), [log]);
      });
    }));

  it("asks the repository that a file is in, also a nested one", () =>
    withTempDir(async (project) => {
      git(project, "init", "-q");
      put(project, ".gitignore", "*.log\n");
      git(project, "init", "-q", "vendor/inner");
      put(project, "vendor/inner/.gitignore", "*.tmp\n");
      put(project, "vendor/inner/src/a.ts");
      git(join(project, "vendor/inner"), "add", ".");
      git(join(project, "vendor/inner"), "commit", "-q", "-m", "x");
      git(project, "add", "vendor/inner"); // as a submodule is
      await withWatch([project], { project }, async ({ next, warnings }) => {
        put(project, "a.log");
        put(project, "vendor/inner/src/a.tmp");
        const inner = put(project, "vendor/inner/src/a.log");
        assertEquals(await next(), [inner]);
        assertEquals(warnings, []);
      });
    }));

  it("does without git where there is no repository, or git fails", () =>
    withTempDir(async (project) => {
      put(project, ".gitignore", "*.log\n");
      await withWatch([project], { project }, async ({ next, warnings }) => {
        const log = put(project, "a.log");
        assertEquals(await next(), [log]);
        assertEquals(warnings, []);
      });
      put(project, ".git", "gitdir: /nowhere/at/all\n");
      await withWatch([project], { project }, async ({ next, warnings }) => {
        const log = put(project, "src/a.log");
        assertEquals(await next(), [join(project, "src")]);
        writeFileSync(log, "again");
        assertEquals(await next(), [log]);
        assertEquals(warnings.length, 1);
        assertMatch(
          warnings[0]!,
          /^Cannot ask git which files below .* it ignores, so all count: fatal: not a git repo/,
        );
      });
    }));

  it("watches folders that are new, moved, or there again", () =>
    withTempDir(async (project) => {
      const source = join(project, "src");
      put(project, "src/a/b/c.ts");
      await withWatch([source], { project }, async ({ next }) => {
        mkdirSync(join(source, "empty")); // does not count
        const inEmpty = put(project, "src/empty/a.ts");
        await next();
        writeFileSync(inEmpty, "changed");
        assertEquals(await next(), [inEmpty]);
        const deep = put(project, "src/new/deep/er/a.ts");
        assertEquals(await next(), [join(source, "new")]);
        writeFileSync(deep, "changed");
        assertEquals(await next(), [deep]);
        renameSync(join(source, "a"), join(source, "moved"));
        assertEquals(await next(), [join(source, "a"), join(source, "moved")]);
        const moved = put(project, "src/moved/b/c.ts", "changed");
        assertEquals(await next(), [moved]);
        rmSync(join(source, "new"), { recursive: true });
        put(project, "src/new/other.ts");
        await next();
        const other = put(project, "src/new/other.ts", "changed");
        assertEquals(await next(), [other]);
      });
    }));

  it("follows git from branch to branch", () =>
    withTempDir(async (project) => {
      const source = join(project, "src");
      git(project, "init", "-q");
      put(project, "src/a.ts");
      git(project, "add", ".");
      git(project, "commit", "-q", "-m", "a");
      git(project, "branch", "first");
      for (let at = 0; at < 50; at++) put(project, `src/${at % 5}/deep/${at}.ts`);
      git(project, "add", ".");
      git(project, "commit", "-q", "-m", "b");
      await withWatch([source], { project }, async ({ next, warnings }) => {
        for (let turn = 0; turn < 2; turn++) {
          git(project, "checkout", "-q", "first");
          assertEquals((await next()).length > 0, true);
          git(project, "checkout", "-q", "main");
          assertEquals((await next()).length > 0, true);
          const file = put(project, "src/3/deep/8.ts", `changed ${turn}`);
          assertEquals(await next(), [file]);
          git(project, "checkout", "-q", ".");
          assertEquals(await next(), [file]);
        }
        assertEquals(warnings, []);
      });
    }));

  it("waits for a folder that is deleted, or not there yet", () =>
    withTempDir(async (project) => {
      const source = join(project, "src");
      const late = join(project, "late");
      put(project, "src/a.ts");
      await withWatch([source, late], { project }, async ({ next }) => {
        rmSync(source, { recursive: true });
        assertEquals((await next()).some((path) => path.startsWith(source)), true);
        put(project, "src/b/a.ts");
        assertEquals(await next(), [source]);
        const file = put(project, "src/b/a.ts", "changed");
        assertEquals(await next(), [file]);
        put(project, "late/a.ts");
        assertEquals(await next(), [late]);
        renameSync(source, `${source}.old`);
        assertEquals(await next(), [source]);
        renameSync(`${source}.old`, source);
        assertEquals(await next(), [source]);
        writeFileSync(file, "again");
        assertEquals(await next(), [file]);
      });
    }));

  it("says which path it waits for, until it is there", () =>
    withTempDir(async (project) => {
      let told = (_: string) => {};
      const warned = new Promise<string>((resolve) => told = resolve);
      const late = join(project, "late");
      await withWatch([late], { project, warn: (message) => told(message) }, async ({ watch, next }) => {
        const warning = `Waiting for ${late} to exist, in order to watch it`;
        assertEquals(await warned, warning);
        assertEquals(watch.warnings, [warning]);
        put(project, "late/a.ts");
        assertEquals(await next(), [late]);
        assertEquals(watch.warnings, []);
      });
    }));

  it("watches a single file, also one that is replaced", () =>
    withTempDir(async (project) => {
      const file = put(project, "conf/app.yaml");
      await withWatch([file], { project }, async ({ next }) => {
        put(project, "conf/other.yaml");
        put(project, "conf/new.yaml");
        renameSync(join(project, "conf/new.yaml"), file);
        assertEquals(await next(), [file]);
        unlinkSync(file);
        assertEquals(await next(), [file]);
        writeFileSync(file, "again");
        assertEquals(await next(), [file]);
        rmSync(join(project, "conf"), { recursive: true });
        assertEquals(await next(), [file]);
        writeFileSync(put(project, "conf/app.yaml"), "again");
        assertEquals(await next(), [file]);
        appendFileSync(file, "again");
        assertEquals(await next(), [file]);
      });
    }));

  it("names paths as they were given, through a link", () =>
    withTempDir(async (project) => {
      put(project, "real/a.ts");
      symlinkSync(join(project, "real"), join(project, "link"));
      await withWatch([join(project, "link")], { project, debounceMs }, async ({ next }) => {
        put(project, "real/a.ts", "changed");
        assertEquals(await next(), [join(project, "link/a.ts")]);
      });
    }));

  it("refuses what leads to the root or around the project, and the home", () =>
    withTempDir(async (folder) => {
      const project = join(folder, "project");
      const home = join(project, ".stigmer");
      const source = put(project, "src/a.ts");
      mkdirSync(join(home, "logs"), { recursive: true });
      symlinkSync("/", join(project, "everything"));
      symlinkSync("..", join(project, "around"));
      const paths = ["everything", "around", ".stigmer/logs", "src"].map((name) => join(project, name));
      await withWatch(paths, { project, ignored: [home], debounceMs }, async ({ next, warnings }) => {
        assertEquals(warnings, [
          `Not watching ${paths[0]}: it is the root of the file system`,
          `Not watching ${paths[1]}: it leads to ${folder}, which contains the project`,
          `Not watching ${paths[2]}: it is in ${home}, which the tool itself writes to`,
        ]);
        writeFileSync(source, "changed");
        assertEquals(await next(), [source]);
      });
    }));

  it("follows no link below a path, and survives a FIFO, a socket and a broken link", () =>
    withTempDir(async (project) => {
      const source = put(project, "src/a.ts");
      put(project, "elsewhere/a.ts");
      symlinkSync(join(project, "elsewhere"), join(project, "src/link"));
      symlinkSync(join(project, "src"), join(project, "src/cycle"));
      await withWatch([join(project, "src")], { project }, async ({ next }) => {
        assertEquals(spawnSync("mkfifo", [join(project, "src/pipe")]).status, 0);
        symlinkSync("/nowhere", join(project, "src/broken"));
        await next();
        put(project, "elsewhere/a.ts", "changed");
        writeFileSync(source, "changed");
        assertEquals(await next(), [source]);
      });
    }));

  it("watches no path with more than 5,000 folders, and says so", () =>
    withTempDir(async (project) => {
      const source = put(project, "src/a.ts");
      const many = join(project, "many");
      for (let at = 0; at < 5_000; at++) mkdirSync(join(many, `${at}`), { recursive: true });
      await withWatch([many, join(project, "src")], { project, debounceMs }, async ({ next, warnings }) => {
        const reason = "there are more than 5,000 folders below it. Name those with sources";
        assertEquals(warnings, [`Not watching ${many}: ${reason}`]);
        put(many, "1/a.ts");
        writeFileSync(source, "changed");
        assertEquals(await next(), [source]);
      });
    }));

  // Linux queues 16,384 events (inotify(7)).
  it("watches a folder with 20,000 files, and survives a change of all of them", () =>
    withTempDir(async (project) => {
      git(project, "init", "-q");
      put(project, ".gitignore", "*.log\n");
      const source = join(project, "src");
      mkdirSync(source);
      const files = Array.from({ length: 20_000 }, (_, at) => join(source, `${at}.ts`));
      files.forEach((path) => writeFileSync(path, ""));
      await withWatch([source], { project }, async ({ next, warnings }) => {
        writeFileSync(files[7]!, "changed");
        assertEquals(await next(), [files[7]!]);
        rmSync(source, { recursive: true });
        assertEquals((await next()).length > 0, true);
        const file = put(project, "src/sub/a.ts");
        assertEquals(await next(), [source]);
        writeFileSync(file, "changed");
        assertEquals(await next(), [file]);
        assertEquals(warnings, []);
      });
    }));

  it("reports nothing after it is closed", () =>
    withTempDir(async (project) => {
      const source = put(project, "src/a.ts");
      const paths = [join(project, "src")];
      let calls = 0;
      const closed = watchFiles(paths, { project, ignored: [], warn: () => {}, onChange: () => void calls++ });
      await closed.ready;
      await withWatch(paths, { project }, async ({ next }) => {
        writeFileSync(source, "changed");
        closed.close();
        closed.close();
        assertEquals(await next(), [source]);
        writeFileSync(source, "again");
        assertEquals(await next(), [source]);
        assertEquals(calls, 0);
      });
    }));

  it(
    "tells a folder that it may not read",
    { skip: statSync("/").uid === process.geteuid?.() },
    () =>
      withTempDir(async (project) => {
        const source = put(project, "src/a.ts");
        mkdirSync(join(project, "src/closed"), { mode: 0 });
        await withWatch([join(project, "src")], { project, debounceMs }, async ({ next, warnings }) => {
          assertMatch(warnings[0] ?? "", /closed: permission to read it is denied$/);
          writeFileSync(source, "changed");
          assertEquals(await next(), [source]);
        });
        chmodSync(join(project, "src/closed"), 0o700);
      }),
  );
});
