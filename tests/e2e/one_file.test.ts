import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Status } from "../../lib/instance/status/status.ts";
import { withTempDir } from "../support.ts";
import { assertNothingLeft, isAlive, launch, ownRuntime, type TestInstance, until, withInstance } from "./support.ts";
import { killHard, pidsOf } from "./support_lifecycle.ts";

/** The programs that the tool and this test call by name. */
const SYSTEM_TOOLS = ["cat", "echo", "flock", "lsof", "perl", "ps", "sh", "sleep"];
const FILE = process.env["STIGMER_TEST_BUNDLE"] ?? "";
const runtimePath = process.env[ownRuntime === "deno" ? "STIGMER_TEST_DENO" : "STIGMER_TEST_NODE"] ?? "";

/** Makes a folder for PATH with one runtime and the system's tools, and nothing of the clone. */
function makePath(place: string): string {
  const folder = join(place, "path");
  mkdirSync(folder);
  symlinkSync(runtimePath, join(folder, ownRuntime));
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  for (const name of SYSTEM_TOOLS) {
    const found = folders.map((each) => join(each, name)).find((path) => {
      try {
        return readFileSync(path).length > 0;
      } catch {
        return false;
      }
    });
    if (found !== undefined) symlinkSync(found, join(folder, name));
  }
  return folder;
}

describe("the one file, alone in an empty folder", () => {
  it("starts, recovers, runs commands, backs up and stops, and leaves nothing behind", () =>
    withTempDir((place) => withInstance((instance) => spendTheDay(instance, place))));
});

async function spendTheDay(instance: TestInstance, place: string): Promise<void> {
  const folder = join(place, "empty");
  const file = join(folder, "stigmer-local.mjs");
  const link = join(place, "link.mjs");
  mkdirSync(folder);
  copyFileSync(FILE, file);
  symlinkSync(join("empty", "stigmer-local.mjs"), link);
  const options = { env: { PATH: makePath(place), HOME: place, STIGMER_HOME: instance.home }, cwd: folder };
  const runtime = ownRuntime === "deno" ? ["deno", "run", "-A"] : ["node"];
  const tool: Tool = (...args) => launch([...runtime, "stigmer-local.mjs", ...args], options);
  const succeed = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await tool(...args).ended;
    assertEquals(code, 0, `${args.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  };
  const status = async (): Promise<Status> => JSON.parse((await tool("status", "--json").ended).stdout);

  await succeed("start", ...instance.ports);
  assertStringIncludes(await succeed("start"), "(reused)");
  const first = pidsOf(await status());
  assert(instance.processes.argv(first.supervisor)?.includes(file), "the supervisor runs from the same file");

  await killHard(first.temporal);
  const second = await until("another Temporal serves", async () => {
    const { state, temporal } = await status();
    return state === "running" && temporal !== null && temporal.pid !== first.temporal ? temporal.pid : null;
  });
  await succeed("logs");
  assertStringIncludes(await succeed("logs", "--supervisor"), "launched");
  const address = await succeed("run", "--", "sh", "-c", 'echo "at $TEMPORAL_ADDRESS"');
  assertEquals(address, `at 127.0.0.1:${instance.port}\n`);
  await assertEphemeralGoes(tool, instance);
  await assertBacksUp(tool);
  await succeed("doctor");
  const throughLink = await launch([...runtime, link, "status", "--json"], options).ended;
  assertEquals(JSON.parse(throughLink.stdout).supervisor.runtime, ownRuntime);

  await succeed("stop");
  assertNothingLeft(instance, [first.supervisor, first.temporal, second]);
  assertEquals((await tool("status").ended).code, 3);
  assertEquals(readdirSync(folder).filter((name) => name !== "backup.db"), ["stigmer-local.mjs"]);
}

type Tool = (...args: string[]) => ReturnType<typeof launch>;

/** Kills `run --ephemeral` with SIGKILL, and waits for the end of its Temporal. */
async function assertEphemeralGoes(tool: Tool, { processes }: TestInstance): Promise<void> {
  const running = tool("run", "--ephemeral", "--", "sh", "-c", 'echo "$$ $TEMPORAL_ADDRESS"; exec sleep 300');
  await until("its command runs", () => running.stdout().includes("\n"));
  const [, command, port] = /^(\d+) .*:(\d+)$/m.exec(running.stdout())!;
  const [listener] = processes.listeners(Number(port));
  assert(listener?.pid != null, running.stdout());
  running.kill("SIGKILL");
  process.kill(Number(command), "SIGKILL"); // the tool leaves it to its owner, this test
  await running.ended;
  await until("its Temporal is gone", () => !isAlive(listener.pid!));
}

/** Backs up; expects the error where there is no SQLite: before Node 22.13, without node-sqlite3-wasm beside the file. */
async function assertBacksUp(tool: Tool): Promise<void> {
  const { code, stdout, stderr } = await tool("backup", "backup.db", "--json").ended;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const hasSqlite = ownRuntime === "deno" || major > 22 || (major === 22 && minor >= 13);
  assertEquals(code, hasSqlite ? 0 : 1, stderr);
  assertEquals(JSON.parse(stdout).error?.code, hasSqlite ? undefined : "sqlite-missing");
}
