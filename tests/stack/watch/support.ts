import { spawnSync } from "node:child_process";
import process from "node:process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeno } from "../../../lib/platform/runtime/host.ts";
import { type FileWatch, watchFiles, type WatchOptions } from "../../../lib/stack/watch/watch_files.ts";
import { DEADLINE_MS } from "../../platform/support.ts";

/** Shorter than the default, for tests that write one file before each `next()`: a burst may have longer pauses. */
export const SHORT_DEBOUNCE_MS = 60;

/** What a watch reported. */
export interface Reports {
  warnings: string[];
  /** The next call of `onChange`, also one that has come already. */
  next(): Promise<readonly string[]>;
  watch: FileWatch;
}

/** Runs `body` with a watch of `paths` that sees all changes from then on. */
export async function withWatch(
  paths: readonly string[],
  options: Partial<WatchOptions> & { project: string },
  body: (reports: Reports) => Promise<void> | void,
): Promise<void> {
  const calls: (readonly string[])[] = [];
  const warnings: string[] = [];
  let wake = () => {};
  const watch = watchFiles(paths, {
    ignored: [],
    warn: (message) => void warnings.push(message),
    ...options,
    onChange(changed) {
      calls.push(changed);
      wake();
    },
  });
  const next = async () => {
    if (calls.length === 0) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`No change was reported; warned: ${warnings}`)), DEADLINE_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return calls.shift()!;
  };
  try {
    await watch.ready;
    await body({ warnings, next, watch });
  } finally {
    watch.close();
  }
}

/** Writes a file, with the folders that it needs. */
export function put(folder: string, name: string, text = "x"): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** Runs git in `folder`, as no user in particular. */
export function git(folder: string, ...args: string[]): void {
  const identity = ["-c", "user.name=Test", "-c", "user.email=test@localhost", "-c", "init.defaultBranch=main"];
  const { status, stderr } = spawnSync("git", ["-C", folder, ...identity, ...args], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: folder, GIT_CONFIG_NOSYSTEM: "1" },
  });
  if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
}

/** The command that runs a fixture under the runtime of this test. */
export function fixtureCommand(name: string): string[] {
  const script = fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
  const config = process.env["STIGMER_TEST_DENO_CONFIG"] ??
    fileURLToPath(new URL("../../../deno.offline.json", import.meta.url));
  const runtime = isDeno ? ["run", "-A", "--no-check", "--no-lock", "--config", config] : process.execArgv;
  return [process.execPath, ...runtime, script];
}
