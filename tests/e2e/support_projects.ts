import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { assertEquals } from "@std/assert";
import { instancePaths } from "../../lib/instance/paths.ts";
import type { Status } from "../../lib/instance/status/status.ts";
import { type Ended, killInstance, launch, ownTool } from "./support.ts";

/** A folder for projects. */
export interface TestFolder {
  path: string;
  /** Writes a file below it, with lines as they are; returns its path. */
  write(path: string, ...lines: string[]): string;
  /** Runs the tool in `cwd` below it, with the project file that counts there. */
  run(cwd: string, args: readonly string[], env?: Record<string, string | undefined>): Promise<Ended>;
  /** The status that a command prints with `--json`; it must succeed. */
  statusOf(cwd: string, ...args: string[]): Promise<Status>;
}

/**
 * Runs `body` with a folder for projects; its instances are those of `homes`, below it. Afterwards kills what a failed test
 * left of them, and removes the folder.
 */
export async function withProjects(
  homes: readonly string[],
  body: (folder: TestFolder) => Promise<void>,
): Promise<void> {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "sl-project-")));
  const folder: TestFolder = {
    path,
    write: (name, ...lines) => {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
      return file;
    },
    run: (cwd, args, env = {}) => {
      mkdirSync(join(path, cwd), { recursive: true });
      return launch(ownTool(...args), {
        cwd: join(path, cwd),
        env: { STIGMER_PROJECT: undefined, STIGMER_HOME: undefined, ...env },
      }).ended;
    },
    statusOf: async (cwd, ...args) => {
      const { code, stdout, stderr } = await folder.run(cwd, [...args, "--json"]);
      assertEquals(code, 0, stdout + stderr);
      return JSON.parse(stdout) as Status;
    },
  };
  try {
    await body(folder);
  } finally {
    for (const home of homes) await killInstance(instancePaths(join(path, home)));
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  }
}
