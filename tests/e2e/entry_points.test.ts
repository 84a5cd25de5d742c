import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, relative } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { assertEquals, assertMatch } from "@std/assert";
import { ownRuntime, type TestInstance, withInstance } from "./support.ts";
import { runCaller } from "./support_callers.ts";
import { stopCleanly } from "./support_lifecycle.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ENTRY = join(ROOT, "stigmer-local.ts");
const TSX_COMMAND = join(ROOT, "node_modules", ".bin", "tsx");
const { STIGMER_TEST_DENO: deno = "", STIGMER_TEST_DENO_CONFIG: denoConfig = "", STIGMER_TEST_NODE24: node24 } =
  process.env;

/** Each test of this file is about one runtime, and there is no need to run it under the other too. */
const about = (runtime: "deno" | "node", title: string, tests: () => void) => {
  if (runtime === ownRuntime) describe(title, tests);
};

/** PATH without a folder that has Deno, and with those of `more` before it. */
function pathWithoutDeno(...more: string[]): string {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !existsSync(join(folder, "deno")));
  return [...more, ...folders].join(delimiter);
}

/** A folder that is no part of the clone, whose own files would confuse a runtime that took them for the tool's. */
function elsewhere({ home }: TestInstance): string {
  const folder = join(home, "else where");
  mkdirSync(folder);
  for (const name of ["tsconfig.json", "deno.json"]) writeFileSync(join(folder, name), "{ broken");
  writeFileSync(join(folder, "package.json"), '{ "type": "commonjs" }');
  return folder;
}

function startFlags({ home, port, uiPort }: TestInstance): string[] {
  return ["--home", home, "--port", `${port}`, "--ui-port", `${uiPort}`, "--headless"];
}

/** Runs `start`, and proves that Temporal serves under a supervisor of this runtime; then stops it. */
async function assertStarts(
  instance: TestInstance,
  command: readonly string[],
  runtime: "deno" | "node",
  options: { cwd?: string; env?: Record<string, string | undefined> } = {},
): Promise<string> {
  const { code, stdout, stderr } = await runCaller(command, options);
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /^● Temporal is running\n/);
  const status = await instance.status();
  assertEquals([status.state, status.healthy, status.supervisor?.runtime], ["running", true, runtime]);
  await stopCleanly(instance, status);
  return status.supervisor!.version;
}

about("deno", "the tool under Deno", () => {
  it("starts as `deno run -A stigmer-local.ts` in its clone", () =>
    withInstance(async (instance) => {
      const command = [deno, "run", "-A", "--config", relative(ROOT, denoConfig), "stigmer-local.ts", "start"];
      await assertStarts(instance, [...command, ...startFlags(instance)], "deno", { cwd: ROOT });
    }));

  it("starts from another folder, whatever is in that", () =>
    withInstance(async (instance) => {
      const command = [deno, "run", "-A", "--config", denoConfig, ENTRY, "start", ...startFlags(instance)];
      await assertStarts(instance, command, "deno", { cwd: elsewhere(instance) });
    }));

  it("starts as a link to scripts/run.sh, where Deno is on PATH, with a home relative to the caller's folder", () =>
    withInstance(async (instance) => {
      const folder = elsewhere(instance);
      symlinkSync(join(ROOT, "scripts", "run.sh"), join(folder, "stigmer-local"));
      const command = ["./stigmer-local", "start", ...startFlags(instance), "--home", ".."];
      const env = { PATH: pathWithoutDeno(dirname(deno)) };
      await assertStarts(instance, command, "deno", { cwd: folder, env });
    }));
});

about("node", "the tool under Node", () => {
  it("starts as `npx tsx stigmer-local.ts` in its clone", () =>
    withInstance(async (instance) => {
      const command = ["npx", "tsx", "stigmer-local.ts", "start", ...startFlags(instance)];
      await assertStarts(instance, command, "node", { cwd: ROOT });
    }));

  it("starts from another folder through a link to its entry, whatever is in that folder", () =>
    withInstance(async (instance) => {
      const folder = elsewhere(instance);
      symlinkSync(ENTRY, join(folder, "local.ts"));
      const command = [process.execPath, TSX_COMMAND, "local.ts", "start", ...startFlags(instance)];
      await assertStarts(instance, command, "node", { cwd: folder });
    }));

  it("starts as `node stigmer-local.ts` on Node 24, and so does its supervisor", (t) =>
    withInstance(async (instance) => {
      if (node24 === undefined) return t.skip("Node 24 is not installed");
      const folder = elsewhere(instance);
      symlinkSync(ENTRY, join(folder, "local.ts"));
      for (const [cwd, entry] of [[ROOT, "stigmer-local.ts"], [folder, "local.ts"]] as const) {
        const version = await assertStarts(instance, [node24, entry, "start", ...startFlags(instance)], "node", {
          cwd,
        });
        assertEquals(`v${version}`, execFileSync(node24, ["--version"], { encoding: "utf8" }).trim());
      }
    }));

  it("starts as scripts/run.sh where there is no Deno, with a home relative to the caller's folder", () =>
    withInstance(async (instance) => {
      const command = [join(ROOT, "scripts", "run.sh"), "start", ...startFlags(instance), "--home", ".."];
      await assertStarts(instance, command, "node", { cwd: elsewhere(instance), env: { PATH: pathWithoutDeno() } });
    }));

  it("starts, tells its status and stops as `make …` where there is no Deno", () =>
    withInstance(async (instance) => {
      const make = (target: string, flags: string) =>
        runCaller(["make", "--no-print-directory", target, `ARGS=${flags}`], {
          cwd: ROOT,
          env: { PATH: pathWithoutDeno() },
        });
      const started = await make("start", startFlags(instance).join(" "));
      assertEquals(started.code, 0, started.stderr);
      assertMatch(started.stdout, /^● Temporal is running\n/);
      const { temporal, supervisor } = await instance.status();
      assertEquals(supervisor?.runtime, "node");
      const told = await make("status", `--json --home ${instance.home}`);
      assertEquals([told.code, JSON.parse(told.stdout).temporal?.pid], [0, temporal?.pid]);
      assertEquals((await make("stop", `--force --home ${instance.home}`)).code, 0);
      assertEquals((await instance.status()).exitCode, 3);
      assertEquals((await make("status", `--home ${instance.home}`)).code, 2, "make's own word for a failed recipe");
    }));
});
