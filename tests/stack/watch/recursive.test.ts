import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { nodeFolderWatcher } from "../../../lib/platform/watch/folder_watcher_node.ts";
import { withTempDir } from "../../platform/support.ts";
import { git, put, withWatch } from "./support.ts";

// As on macOS. Both runtimes have it on Linux as well.
describe("watchFiles() with a recursive watcher", () => {
  it("reports what changes in all folders below, without what is left out and what git ignores", () =>
    withTempDir(async (project) => {
      git(project, "init", "-q");
      put(project, ".gitignore", "dist/\n*.log\n");
      const source = put(project, "src/deep/a.ts");
      for (const name of ["dist/x/a.js", "node_modules/m/a.js", ".stigmer/logs/a"]) put(project, name);
      const watcher = () => Promise.resolve(nodeFolderWatcher("darwin"));
      const ignored = [join(project, ".stigmer")];
      await withWatch([project], { project, ignored, watcher }, async ({ next, warnings }) => {
        for (const name of ["dist/x/a.js", "node_modules/m/a.js", ".stigmer/logs/a", "src/a.log"]) put(project, name);
        put(project, "node_modules/m/.gitignore");
        put(project, ".git/HEAD.lock");
        writeFileSync(source, "changed");
        assertEquals(await next(), [source]);
        rmSync(join(project, "dist"), { recursive: true });
        writeFileSync(source, "again");
        assertEquals(await next(), [source]);
        assertEquals(warnings, []);
      });
    }));
});
