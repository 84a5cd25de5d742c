import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, constants, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { assertEquals } from "@std/assert";
import { systemErrorCode } from "../../lib/errors/local_error.ts";
import { withTempDir } from "../support.ts";
import { type Ended, launch, ownTool, temporalBinary, until } from "./support.ts";

/** What a test needs to skip itself with a reason. */
interface Skippable {
  skip(reason?: string): void;
}

/** A file system for one test. */
export interface FileSystem {
  path: string;
  /** Leaves no space; returns the file that has it all. */
  fill(): string;
  /** Resolves when no process has a file open for writing there. */
  makeReadOnly(): Promise<void>;
  makeWritable(): Promise<void>;
}

/** Runs `body` on a tmpfs of `size` (as mount(8) takes it); skips the test if it cannot be mounted. */
export async function withFileSystem(
  t: Skippable,
  size: string,
  body: (fileSystem: FileSystem) => Promise<void>,
): Promise<void> {
  await withTempDir(async (path) => {
    const refusal = mount("-t", "tmpfs", "-o", `size=${size},mode=700`, "tmpfs", path);
    if (refusal !== null) return t.skip(`NOT TESTED, no file system can be mounted here: ${refusal}`);
    const remount = (how: "ro" | "rw") =>
      until(`${path} is mounted ${how}`, () => mount("-o", `remount,${how}`, path) === null).then(() => {});
    try {
      await body({
        path,
        fill: () => fill(path),
        makeReadOnly: () => remount("ro"),
        makeWritable: () => remount("rw"),
      });
    } finally {
      const isUnmounted = spawnSync("umount", [path]).status === 0;
      if (!isUnmounted) spawnSync("umount", ["--lazy", path]);
    }
  });
}

function fill(path: string): string {
  const file = join(path, "filler");
  writeFileSync(file, "");
  for (const size of [64 * 1024, 1024]) {
    const bytes = new Uint8Array(size);
    try {
      for (;;) writeFileSync(file, bytes, { flag: "a" });
    } catch (error) {
      assertEquals(systemErrorCode(error), "ENOSPC");
    }
  }
  return file;
}

/** Calls mount(8); null on success, else its error output. */
function mount(...args: string[]): string | null {
  if (process.platform !== "linux") return "this is not Linux";
  const { status, stderr, error } = spawnSync("mount", args, { encoding: "utf8" });
  return status === 0 ? null : (error?.message ?? stderr).trim();
}

/** The unprivileged user for tests of permissions, because root passes all of them. */
export const NOBODY = 65534;
/** A uid without an entry in the user database, as in a container that runs with its caller's uid. */
export const NO_FILE = 54_321;

/** Another user on this machine. */
export interface OtherUser {
  /** A folder that the user may enter, but not write to. */
  shared: string;
  /** A folder that belongs to the user. */
  theirs: string;
  /** Runs the tool as that user, who writes to `theirs` only, with HOME as the only variable about the user. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
}

/** Runs `body` with user `uid`; skips the test if the tool cannot run as that user. */
export async function withUser(t: Skippable, uid: number, body: (user: OtherUser) => Promise<void>): Promise<void> {
  const asUser = ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  const tool = ownTool();
  const trial = spawnSync(asUser[0]!, [...asUser.slice(1), "test", "-r", tool.at(-1)!], { encoding: "utf8" });
  if (trial.status !== 0) {
    const why = (trial.error?.message ?? trial.stderr).trim();
    return t.skip(`NOT TESTED, no user without rights can run the tool here: ${why}`);
  }
  await withTempDir(async (shared) => {
    chmodSync(shared, 0o755);
    const theirs = join(shared, "theirs");
    mkdirSync(theirs, { mode: 0o700 });
    chownSync(theirs, uid, uid);
    // The original may be in a folder that only its owner can enter.
    const temporal = join(theirs, "temporal");
    copyFileSync(temporalBinary(), temporal, constants.COPYFILE_FICLONE);
    const own = {
      HOME: theirs,
      USER: undefined,
      LOGNAME: undefined,
      TMPDIR: theirs,
      DENO_DIR: join(theirs, "deno"),
      STIGMER_HOME: undefined,
      STIGMER_TEMPORAL_BIN: temporal,
    };
    const run: OtherUser["run"] = (args, env) =>
      launch([...asUser, ...tool, ...args], { env: { ...own, ...env }, cwd: theirs }).ended;
    await body({ shared, theirs, run });
  });
}

/** Proves that a command was refused with exit 1, a matching message and a hint. */
export function assertRefused(
  { code, stderr }: { code: number | null; stderr: string },
  words: RegExp,
): void {
  assertEquals([code, words.test(stderr), stderr.includes("\nhint: ")], [1, true, true], `${words}\n${stderr}`);
}
