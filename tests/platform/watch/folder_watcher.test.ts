import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { folderWatcher } from "../../../lib/platform/watch/folder_watcher_here.ts";
import { until, withTempDir } from "../support.ts";

describe("folderWatcher()", () => {
  it("reports entries of a folder, and its end as null, to each that watches it", () =>
    withTempDir(async (folder) => {
      const watcher = await folderWatcher();
      assert(watcher !== null);
      const path = join(folder, "src");
      mkdirSync(path);
      const seen: [Set<string | null>, Set<string | null>] = [new Set(), new Set()];
      const [close, closeOther] = seen.map((names) => watcher.watch(path, (name) => void names.add(name)));
      writeFileSync(join(path, "größe.ts"), "x");
      await until(() => seen.every((names) => names.has("größe.ts")), "both have seen the file");
      close!();
      renameSync(join(path, "größe.ts"), join(path, "b.ts"));
      await until(() => seen[1].has("b.ts"), "the other one has seen the rename");
      assertEquals([...seen[0]], ["größe.ts"]);
      rmSync(path, { recursive: true });
      await until(() => seen[1].has(null), "the end of the folder is seen");
      closeOther!();
    }));

  it("throws the system's error for what is not there, and works again after all watches have ended", () =>
    withTempDir(async (folder) => {
      const watcher = await folderWatcher();
      assert(watcher !== null);
      const error = assertThrows(() => watcher.watch(join(folder, "gone"), () => {})) as { code?: string };
      assertEquals(error.code, "ENOENT");
      for (let turn = 0; turn < 3; turn++) {
        const seen = new Set<string | null>();
        const close = watcher.watch(folder, (name) => void seen.add(name));
        writeFileSync(join(folder, "a"), `${turn}`);
        await until(() => seen.has("a"), "the file is seen");
        close();
        close();
      }
    }));
});
