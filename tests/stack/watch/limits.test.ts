import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { withTempDir } from "../../platform/support.ts";
import { fixtureCommand } from "./support.ts";

/** A user namespace has limits of its own, which its root may set (user_namespaces(7)). */
const canLimit = spawnSync("unshare", ["-Ur", "sh", "-c", "test -w /proc/sys/user/max_inotify_watches"]).status === 0;

/** What a watch of `src` with 30 folders says and sees, under a limit of inotify. */
function outputAt(limit: string, value: number, project: string): { warnings: string[]; changes: string[][] } {
  for (let at = 0; at < 30; at++) mkdirSync(join(project, `src/${at}`), { recursive: true });
  const script = `echo ${value} > /proc/sys/user/${limit} && exec "$@"`;
  const command = [...fixtureCommand("watch_once.ts"), project];
  const { stdout, stderr } = spawnSync("unshare", ["-Ur", "sh", "-c", script, "sh", ...command], { encoding: "utf8" });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

describe("watchFiles() at a limit of inotify", { skip: !canLimit }, () => {
  it("watches as many folders as it can, and says what to raise", () =>
    withTempDir((project) => {
      const { warnings, changes } = outputAt("max_inotify_watches", 10, project);
      assertEquals(warnings.length, 1);
      assertStringIncludes(warnings[0]!, `Cannot watch all of ${project}/src: `);
      assertStringIncludes(warnings[0]!, "sudo sysctl fs.inotify.max_user_watches=524288");
      assertEquals(changes, [[join(project, "src/a.ts")]]);
    }));

  it("watches nothing without an inotify instance, and says what to raise", () =>
    withTempDir((project) => {
      const { warnings, changes } = outputAt("max_inotify_instances", 0, project);
      assertEquals(warnings.length, 1);
      assertStringIncludes(warnings[0]!, `Cannot watch ${project}/src: `);
      assertStringIncludes(warnings[0]!, "sudo sysctl fs.inotify.max_user_instances=1024");
      assertEquals(changes, []);
    }));
});
