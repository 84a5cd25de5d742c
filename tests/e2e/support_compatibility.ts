import { spawnSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import type { Status } from "../../lib/instance/status/status.ts";
import { type Ended, launch, ownRuntime, type TestInstance, toolCommand } from "./support.ts";
import { pidsOf } from "./support_lifecycle.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The last commit before the files of lib were laid out by subject. */
const FORMER_COMMIT = "1692352be469ce109613facc9b2bf653f810a576";

/** Why the former code can't be had here; false where it can. */
export const noFormerCode: string | false = whyNoFormerCode();

function whyNoFormerCode(): string | false {
  const { status, stderr, error } = git("cat-file", "-e", `${FORMER_COMMIT}^{commit}`);
  if (status === 0) return false;
  const why = error?.message ?? stderr.toString().trim();
  return `NOT TESTED, git has no commit ${FORMER_COMMIT.slice(0, 7)} here, as in a shallow clone: ${why}`;
}

function git(...args: string[]) {
  return spawnSync("git", ["-C", ROOT, ...args], { maxBuffer: 100_000_000 });
}

/** The tool out of one state of the code, under this test's runtime. */
export interface Tool {
  /** Runs it on the instance's home, with no flag that is not in `args`. */
  run(instance: TestInstance, args: readonly string[]): Promise<Ended>;
  /** The same with `--json`; it must succeed without a word on stderr. */
  // deno-lint-ignore no-explicit-any -- each command answers something else
  answer(instance: TestInstance, args: readonly string[]): Promise<any>;
  /** `status --json`, whatever its exit code. */
  status(instance: TestInstance): Promise<Status & { exitCode: number | null }>;
  /** Proves that the supervisor of this status runs this code and no other. Gives the PIDs. */
  assertSupervises(instance: TestInstance, status: Status): { temporal: number; supervisor: number };
}

/** The code of the working tree. */
export const presentTool: Tool = toolOf(ROOT, toolCommand(ownRuntime));

/** The code that {@linkcode checkOutFormerCode} puts into `folder`. */
export function formerTool(folder: string): Tool {
  // The entry, and Deno's configuration where it is the clone's own.
  const isOurs = (word: string) => word === join(ROOT, basename(word));
  const words = toolCommand(ownRuntime).map((word) => isOurs(word) ? join(folder, basename(word)) : word);
  return toolOf(folder, words);
}

/** Fills an empty folder with the code of {@linkcode FORMER_COMMIT}; it runs on the clone's node_modules. */
export function checkOutFormerCode(folder: string): void {
  const archive = git("archive", "--format=tar", FORMER_COMMIT);
  assertEquals(archive.status, 0, `${archive.stderr}`);
  const unpacked = spawnSync("tar", ["-x", "-C", folder], { input: archive.stdout });
  assertEquals(unpacked.status, 0, `${unpacked.stderr}`);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
}

function toolOf(root: string, words: readonly string[]): Tool {
  const run: Tool["run"] = ({ home }, [command, ...rest]) =>
    launch([...words, command!, "--home", home, ...rest], { cwd: root }).ended;
  return {
    run,
    answer: async (instance, args) => {
      const { code, stdout, stderr } = await run(instance, [...args, "--json"]);
      assertEquals([code, stderr], [0, ""], `${args.join(" ")}: ${stdout}`);
      return JSON.parse(stdout);
    },
    status: async (instance) => {
      const { code, stdout } = await run(instance, ["status", "--json"]);
      return { ...JSON.parse(stdout), exitCode: code };
    },
    assertSupervises: ({ processes }, status) => {
      const pids = pidsOf(status);
      const argv = processes.argv(pids.supervisor) ?? [];
      assert(argv.some((word) => word.startsWith(join(root, "lib/"))), `another code supervises: ${argv.join(" ")}`);
      return pids;
    },
  };
}

/** Writes our part of the home's `config.yaml`, in YAML's flow style. */
export function configure({ home }: TestInstance, section: string): void {
  writeFileSync(join(home, "config.yaml"), `backend: { local: { temporal: { ${section} } } }\n`);
}

/** The instance with the ports that it serves on, where `auto` chose them. */
export function withPortsOf(instance: TestInstance, { address, uiUrl }: Status): TestInstance {
  return { ...instance, port: Number(address.split(":").at(-1)), uiPort: Number(new URL(uiUrl!).port) };
}
