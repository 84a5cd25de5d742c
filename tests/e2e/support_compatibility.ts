import { spawnSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import type { Status } from "../../lib/instance/status/status.ts";
import { type Ended, launch, ownRuntime, portOf, ROOT, type TestInstance, toolCommand } from "./support.ts";
import { pidsOf } from "./support_lifecycle.ts";

/** The last commit before the files of lib were laid out by subject. */
const EARLIER_COMMIT = "1692352be469ce109613facc9b2bf653f810a576";

/** Why the earlier code is not available here; false if it is. */
export const noEarlierCode: string | false = whyNoEarlierCode();

function whyNoEarlierCode(): string | false {
  const { status, stderr, error } = git("cat-file", "-e", `${EARLIER_COMMIT}^{commit}`);
  if (status === 0) return false;
  const why = error?.message ?? stderr.toString().trim();
  return `NOT TESTED, git has no commit ${EARLIER_COMMIT.slice(0, 7)} here, as in a shallow clone: ${why}`;
}

function git(...args: string[]) {
  return spawnSync("git", ["-C", ROOT, ...args], { maxBuffer: 100_000_000 });
}

/** The tool of one state of the code, under this test's runtime. */
export interface Tool {
  /** Runs it on the instance's home, with no other flags than `args`. */
  run(instance: TestInstance, args: readonly string[]): Promise<Ended>;
  /** The same with `--json`; must succeed and write nothing to stderr. */
  // deno-lint-ignore no-explicit-any -- each command has its own document
  answer(instance: TestInstance, args: readonly string[]): Promise<any>;
  /** `status --json`, whatever its exit code. */
  status(instance: TestInstance): Promise<Status & { exitCode: number | null }>;
  /** Proves that the supervisor of this status runs this code. Returns the PIDs. */
  assertSupervises(instance: TestInstance, status: Status): { temporal: number; supervisor: number };
}

/** The code of the working tree. */
export const currentTool: Tool = toolOf(
  toolCommand(ownRuntime),
  ownRuntime === "deno" ? join(ROOT, "lib/") : toolCommand(ownRuntime).at(-1)!,
);

/** The code that {@linkcode checkOutEarlierCode} unpacks into `folder`. */
export function earlierTool(folder: string): Tool {
  // On Deno the entry point, and the configuration unless it lies elsewhere (scripts/test_std.ts).
  const isInRoot = (word: string) => word === join(ROOT, basename(word));
  const words = ownRuntime === "node"
    ? [process.execPath, join(folder, "stigmer-local.js")]
    : toolCommand(ownRuntime).map((word) => isInRoot(word) ? join(folder, basename(word)) : word);
  return toolOf(words, join(folder, "lib/"));
}

/**
 * Unpacks the code of {@linkcode EARLIER_COMMIT} into an empty folder; it uses the clone's node_modules. For Node it is also
 * compiled to JavaScript, as in its npm package.
 */
export async function checkOutEarlierCode(folder: string): Promise<void> {
  const archive = git("archive", "--format=tar", EARLIER_COMMIT);
  assertEquals(archive.status, 0, `${archive.stderr}`);
  const unpacked = spawnSync("tar", ["-x", "-C", folder], { input: archive.stdout });
  assertEquals(unpacked.status, 0, `${unpacked.stderr}`);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  if (ownRuntime === "node") await compile(folder);
}

/** Puts JavaScript beside each TypeScript file. */
async function compile(folder: string): Promise<void> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: ["stigmer-local.ts", "lib/**/*.ts", "compat/std/**/*.ts"].map((pattern) => join(folder, pattern)),
    outdir: folder,
    outbase: folder,
    write: false,
  });
  const inStd = (_: string, name: string, module: string) =>
    JSON.stringify(join(folder, "compat", "std", name, `${module.replaceAll("-", "_")}.js`));
  for (const { path, text } of outputFiles) {
    writeFileSync(path, text.replace(/"(\.\.?\/.*?)\.ts"/g, '"$1.js"').replace(/"@std\/(.*?)\/(.*?)"/g, inStd));
  }
}

/** The tool that `words` run; a word of its supervisor begins with `code`. */
function toolOf(words: readonly string[], code: string): Tool {
  const run: Tool["run"] = ({ home }, [command, ...rest]) =>
    launch([...words, command!, "--home", home, ...rest]).ended;
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
      assert(argv.some((word) => word.startsWith(code)), `other code supervises: ${argv.join(" ")}`);
      return pids;
    },
  };
}

/** The instance with the ports that `auto` chose, as its status has them. */
export function withPortsOf(instance: TestInstance, { address, uiUrl }: Status): TestInstance {
  return { ...instance, port: portOf({ address }), uiPort: Number(new URL(uiUrl!).port) };
}
