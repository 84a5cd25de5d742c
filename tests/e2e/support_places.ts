import { spawnSync } from "node:child_process";
import { constants, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { assertEquals } from "@std/assert";
import { type Ended, launch, ownRuntime, temporalBinary, toolCommand, until } from "./support.ts";

/** What a test needs to say why it can't run here. */
interface Skippable {
  skip(reason?: string): void;
}

/** Runs `body` with a folder that is removed afterwards. */
export async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sl-place-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A file system of a test's own. */
export interface FileSystem {
  path: string;
  /** As soon as nobody has a file open for writing there. */
  makeReadOnly(): Promise<void>;
  makeWritable(): Promise<void>;
}

/** Runs `body` on a small file system of its own (a tmpfs, as `size` of mount(8) says); skips the test where none can be mounted. */
export async function withFileSystem(
  t: Skippable,
  size: string,
  body: (fileSystem: FileSystem) => Promise<void>,
): Promise<void> {
  await withFolder(async (path) => {
    const refusal = mount("-t", "tmpfs", "-o", `size=${size},mode=700`, "tmpfs", path);
    if (refusal !== null) return t.skip(`NOT TESTED, no file system can be mounted here: ${refusal}`);
    const remount = (how: "ro" | "rw") =>
      until(`${path} is mounted ${how}`, () => mount("-o", `remount,${how}`, path) === null).then(() => {});
    try {
      await body({ path, makeReadOnly: () => remount("ro"), makeWritable: () => remount("rw") });
    } finally {
      const isUnmounted = spawnSync("umount", [path]).status === 0;
      if (!isUnmounted) spawnSync("umount", ["--lazy", path]);
    }
  });
}

/** Calls mount(8); null when it did it, else what it said. */
function mount(...args: string[]): string | null {
  if (process.platform !== "linux") return "this is not Linux";
  const { status, stderr, error } = spawnSync("mount", args, { encoding: "utf8" });
  return status === 0 ? null : (error?.message ?? stderr).trim();
}

/** The user without rights whom tests of permissions run the tool as: root passes all of them. */
export const NOBODY = 65534;
/** A user whom the user database does not know, as in a container that runs under its caller's uid. */
export const NAMELESS = 54_321;

/**
 * Runs the tool as user `uid`, with `folder` for all that it writes besides its home, and with none of the variables that
 * tell of a user but HOME. Null, after a word on it, where that can't be done.
 */
export function toolAs(
  t: Skippable,
  uid: number,
  folder: string,
): ((args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Ended>) | null {
  const asUser = ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  const tool = toolCommand(ownRuntime);
  const trial = spawnSync(asUser[0]!, [...asUser.slice(1), "test", "-r", tool.at(-1)!], { encoding: "utf8" });
  if (trial.status !== 0) {
    const why = (trial.error?.message ?? trial.stderr).trim();
    t.skip(`NOT TESTED, no user without rights can run the tool here: ${why}`);
    return null;
  }
  // The machine's own may be where only its owner can enter.
  const temporal = join(folder, "temporal");
  copyFileSync(temporalBinary(), temporal, constants.COPYFILE_FICLONE);
  const theirs = {
    HOME: folder,
    USER: undefined,
    LOGNAME: undefined,
    TMPDIR: folder,
    DENO_DIR: join(folder, "deno"),
    STIGMER_HOME: undefined,
    STIGMER_TEMPORAL_BIN: temporal,
  };
  return (args, env) => launch([...asUser, ...tool, ...args], { env: { ...theirs, ...env }, cwd: folder }).ended;
}

/** Proves that a command was refused with exit 1, in words that match, and with a hint. */
export function assertRefused(
  { code, stderr }: { code: number | null; stderr: string },
  words: RegExp,
): void {
  assertEquals([code, words.test(stderr), stderr.includes("\nhint: ")], [1, true, true], `${words}\n${stderr}`);
}
