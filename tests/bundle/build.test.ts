import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TSX = join(ROOT, "node_modules", "tsx", "dist", "loader.mjs");
const { STIGMER_TEST_NODE: node = "", STIGMER_TEST_DENO: deno = "" } = process.env;
const NAMES = ["mod.mjs", "mod.mjs.map", "stigmer-local.mjs", "stigmer-local.mjs.map"];

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function run(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd: ROOT, env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function build(folder: string): Promise<void> {
  const { code, stderr } = await run(node, ["--import", TSX, "scripts/bundle.ts", "--library", folder]);
  assertEquals([code, stderr], [0, ""]);
}

describe("the one file", () => {
  const folder = mkdtempSync(join(tmpdir(), "sl-bundle-"));
  const file = join(folder, "stigmer-local.mjs");
  /** How each runtime runs it. */
  const runtimes = [[deno, ["run", "-A"]], [node, []]] as const;
  let startedAt: number;

  before(() => {
    startedAt = Date.now();
    return build(folder);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("has the same bytes each time it is built", async () => {
    const other = mkdtempSync(join(tmpdir(), "sl-bundle-"));
    await build(other);
    assertEquals(readdirSync(folder).sort(), NAMES);
    for (const name of NAMES) {
      assert(readFileSync(join(folder, name)).equals(readFileSync(join(other, name))), name);
    }
    rmSync(other, { recursive: true });
  });

  it("is as old as the start of its build, so that a source which changes meanwhile is newer", async () => {
    // Asked of Node: Deno knows the time of the last change in whole seconds only.
    const { stdout } = await run(node, [
      "-p",
      `const { mtimeMs, ctimeMs } = fs.statSync("${file}"); [mtimeMs, ctimeMs]`,
    ]);
    const [modifiedAt, changedAt] = JSON.parse(stdout) as [number, number];
    assert(modifiedAt >= startedAt - 1);
    assertLess(modifiedAt, changedAt);
  });

  it("contains no path of the machine that built it", () => {
    for (const name of NAMES) assert(!readFileSync(join(folder, name), "utf8").includes(ROOT), name);
  });

  it("has the licenses of the packages in it", () => {
    const text = readFileSync(file, "utf8");
    for (const words of ["Includes yaml:\n\nCopyright Eemeli", "Includes smol-toml:\n\nCopyright (c) "]) {
      assertStringIncludes(text, words);
    }
  });

  it("prints its version on both runtimes", async () => {
    for (const [command, args] of runtimes) {
      const { code, stdout, stderr } = await run(command, [...args, file, "version", "--json"]);
      assertEquals([code, stderr], [0, ""]);
      const { version, commit } = JSON.parse(stdout);
      assertMatch(version, /^\d+\.\d+\.\d+$/);
      assertEquals(commit, null, "only dist/ has the commit");
    }
  });

  it("shows source files in stack traces, if the map is beside it", async () => {
    const alone = join(mkdtempSync(join(tmpdir(), "sl-alone-")), "copy.mjs");
    copyFileSync(file, alone);
    for (const [command, args] of runtimes) {
      const env = { STIGMER_LOG_LEVEL: "debug" };
      const { code, stderr } = await run(command, [...args, file, "start", "--prot"], env);
      assertEquals(code, 2);
      assertMatch(stderr, /\n {4}at .*lib\/cli\/parse_args\.ts:\d+:\d+/);
      const copy = await run(command, [...args, alone, "start", "--prot"], env);
      assertEquals(copy.code, 2);
      assertMatch(copy.stderr, /\n {4}at .*copy\.mjs:\d+:\d+/);
    }
    rmSync(join(alone, ".."), { recursive: true });
  });

  it("names the required version on an old Node", async () => {
    const old = `process.getBuiltinModule = undefined; import(${JSON.stringify(file)})`;
    const { code, stdout, stderr } = await run(node, ["--eval", old]);
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr, "Use Node 20.16 or later, or Deno");
  });
});
