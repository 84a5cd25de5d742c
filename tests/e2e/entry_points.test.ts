import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, relative } from "node:path";
import process from "node:process";
import { it } from "node:test";
import { assertEquals, assertMatch } from "@std/assert";
import { about, ROOT, type TestInstance, withInstance } from "./support.ts";
import { runCaller } from "./support_callers.ts";
import { stopCleanly } from "./support_lifecycle.ts";

const ENTRY = join(ROOT, "stigmer-local.ts");
const TSX_COMMAND = join(ROOT, "node_modules", ".bin", "tsx");
const { STIGMER_TEST_DENO: deno = "", STIGMER_TEST_DENO_CONFIG: denoConfig = "", STIGMER_TEST_NODE24: node24 } =
  process.env;

/** PATH without the folders that contain Deno, and with those of `more` first. */
function pathWithoutDeno(...more: string[]): string {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !existsSync(join(folder, "deno")));
  return [...more, ...folders].join(delimiter);
}

/** A folder outside the clone, whose files would confuse a runtime that took them for the tool's. */
function elsewhere({ home }: TestInstance): string {
  const folder = join(home, "else where");
  mkdirSync(folder);
  for (const name of ["tsconfig.json", "deno.json"]) writeFileSync(join(folder, name), "{ broken");
  writeFileSync(join(folder, "package.json"), '{ "type": "commonjs" }');
  return folder;
}

function startFlags({ home, ports }: TestInstance): string[] {
  return ["--home", home, ...ports, "--headless"];
}

/** Runs `start`, proves that Temporal is ready under a supervisor of this runtime, and stops it. */
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

  it("starts from another folder, with any files in it", () =>
    withInstance(async (instance) => {
      const command = [deno, "run", "-A", "--config", denoConfig, ENTRY, "start", ...startFlags(instance)];
      await assertStarts(instance, command, "deno", { cwd: elsewhere(instance) });
    }));

  it("starts through a link to scripts/run.sh, with Deno on PATH and a home relative to the caller's folder", () =>
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

  it("starts as `node --import tsx stigmer-local.ts`, with a supervisor that finds tsx too", () =>
    withInstance(async (instance) => {
      const command = [process.execPath, "--import", "tsx", "stigmer-local.ts", "start", ...startFlags(instance)];
      const version = await assertStarts(instance, command, "node", { cwd: ROOT });
      assertEquals(version, process.versions.node);
    }));

  it("starts from another folder through a link to its entry, with any files in that folder", () =>
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

  it("starts through scripts/run.sh without Deno, with a home relative to the caller's folder", () =>
    withInstance(async (instance) => {
      const command = [join(ROOT, "scripts", "run.sh"), "start", ...startFlags(instance), "--home", ".."];
      await assertStarts(instance, command, "node", { cwd: elsewhere(instance), env: { PATH: pathWithoutDeno() } });
    }));

  it("starts, shows its status and stops through `make …` without Deno", () =>
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
