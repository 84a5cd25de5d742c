import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { environmentOf, scriptCommand } from "../platform/support.ts";
import { needsLinux } from "../portable.ts";
import { withTempDir } from "../support.ts";
import { isAlive, launch, ownRuntime, ownTool, until, withInstance } from "./support.ts";
import { killBoth, launchEphemeral } from "./support_callers.ts";
import { killHard, pidsOf, stopCleanly, untilRecovered } from "./support_lifecycle.ts";

const onLinux = { skip: needsLinux("an environment is read from /proc") };

/** What {@linkcode withProject} writes for the caller's program and no daemon may get. */
const FOR_THE_CALLER = [
  ...["NODE_OPTIONS", "NODE_V8_COVERAGE", "NODE_EXTRA_CA_CERTS", "VSCODE_INSPECTOR_OPTIONS"],
  ...["DENO_COVERAGE_DIR", "LD_PRELOAD", "SHELLOPTS", "PERL5OPT", "GODEBUG"],
];

/** Runs `body` in a project whose environment refers to its files by relative paths. */
function withProject(body: (folder: string, env: Record<string, string | undefined>) => Promise<void>): Promise<void> {
  return withTempDir(async (folder) => {
    writeFileSync(join(folder, "setup.cjs"), "");
    writeFileSync(join(folder, "ca.pem"), "");
    mkdirSync(join(folder, "scratch"));
    symlinkSync(process.env["DENO_DIR"]!, join(folder, "deno-cache"));
    await body(folder, {
      NODE_OPTIONS: "--require ./setup.cjs",
      NODE_V8_COVERAGE: "coverage",
      NODE_EXTRA_CA_CERTS: "ca.pem",
      VSCODE_INSPECTOR_OPTIONS: '{"inspectorIpc":"./no-such-socket"}',
      DENO_DIR: "deno-cache",
      LD_PRELOAD: "./missing.so",
      SHELLOPTS: "errexit",
      PERL5OPT: "-MNo::Such::Module",
      GODEBUG: "gctrace=1",
      TMPDIR: "scratch",
      TZ: "America/New_York",
    });
  });
}

function assertKeptFrom(pid: number, folder: string): void {
  const environment = environmentOf(pid);
  const names = environment.map((entry) => entry.slice(0, entry.indexOf("=")));
  assertEquals(names.filter((name) => FOR_THE_CALLER.includes(name)), []);
  assert(environment.includes(`TMPDIR=${folder}/scratch`));
  assert(environment.includes(`DENO_DIR=${folder}/deno-cache`));
}

describe("the environment of the caller", onLinux, () => {
  it("reaches the command of `run`, but no daemon, and does not make a held lock look like a failure", () =>
    withInstance((instance) =>
      withProject(async (folder, env) => {
        const { home } = instance;
        const flags = ["--home", home, ...instance.ports, "--headless"];
        const print = ["--", "sh", "-c", 'echo "$NODE_OPTIONS $LD_PRELOAD $TMPDIR $TZ"'];
        const command = ownTool("run", ...flags, ...print);
        const { code, stdout, stderr } = await launch(command, { env, cwd: folder }).ended;
        assertEquals([code, stdout], [0, "--require ./setup.cjs ./missing.so scratch America/New_York\n"], stderr);

        const first = await instance.status();
        assertEquals([first.state, first.healthy], ["running", true]);
        for (const pid of Object.values(pidsOf(first))) assertKeptFrom(pid, folder);
        const foreground = ownTool("start", "--foreground", "--home", home);
        const refused = await launch(foreground, { env, cwd: folder }).ended;
        assertEquals(refused.code, 1);
        assertStringIncludes(refused.stderr, "already has a supervisor");
        // What a supervisor starts has no other environment.
        await killHard(pidsOf(first).temporal);
        const second = await untilRecovered(instance, pidsOf(first).temporal);
        assertKeptFrom(pidsOf(second).temporal, folder);
        assertEquals(readdirSync(home).filter((name) => /coverage|scratch|cache/.test(name)), []);
        await stopCleanly(instance, second);
      })
    ));

  it("does not reach the watchdog, which cleans up after `run --ephemeral`", () =>
    withProject(async (folder, env) => {
      const running = await launchEphemeral("exec sleep 600", { env, cwd: folder });
      let killed: Promise<unknown> | undefined;
      try {
        const scratch = join(folder, "scratch");
        const home = join(scratch, readdirSync(scratch).find((name) => name.startsWith("stigmer-ephemeral-"))!);
        const temporal = Number(readFileSync(join(home, "temporal.pid"), "utf8").split("\n")[0]);
        assertKeptFrom(temporal, folder);
        killed = killBoth(running);
        await until("Temporal has exited", () => !isAlive(temporal));
        await until("the home is removed", () => !existsSync(home));
      } finally {
        await (killed ?? killBoth(running));
      }
    }));

  it("reaches no daemon of the library", () =>
    withProject(async (folder, env) => {
      const path = fileURLToPath(new URL("fixtures/forgetful_library_user.ts", import.meta.url));
      const user = launch([...scriptCommand(ownRuntime, path), "stay"], { env, cwd: folder });
      try {
        await until("the server is ready", () => user.stdout().endsWith("\n"));
        for (const pid of JSON.parse(user.stdout()) as number[]) assertKeptFrom(pid, folder);
      } finally {
        user.kill("SIGKILL");
      }
      const pids = JSON.parse(user.stdout()) as number[];
      await until("both have exited", () => pids.every((pid) => !isAlive(pid)));
    }));
});

describe("the time zone of the caller", () => {
  it("is neither the log's nor that of `logs --since` and `doctor`", () =>
    withInstance(async (instance) => {
      const zones = ["America/New_York", "Asia/Kolkata"];
      const { temporal } = await instance.start([], { env: { TZ: zones[0] } });
      const log = instance.paths.temporalLog;
      const at = (minutesAgo: number) => new Date(Date.now() - minutesAgo * 60_000).toISOString().slice(0, -1);
      appendFileSync(log, `time=${at(0)} level=ERROR msg="an error of the test"\n`);
      const listed: string[] = [];
      for (const TZ of zones) {
        const { code, stdout, stderr } = await instance.run(["logs", "--since", "5m"], { env: { TZ } });
        assertEquals(code, 0, stderr);
        assertMatch(stdout, /level=\w+ msg="?\w/);
        listed.push(stdout);
        const since = await instance.run(["logs", "--since", at(10)], { env: { TZ } });
        assertStringIncludes(since.stdout, "an error of the test");
        const doctor = await instance.run(["doctor", "--json"], { env: { TZ } });
        const check = JSON.parse(doctor.stdout).checks.find(({ name }: { name: string }) => name === "log");
        assertStringIncludes(check.detail, "an error of the test");
      }
      assertStringIncludes(listed[1]!, listed[0]!); // Temporal may have written more meanwhile
      assert(isAlive(temporal!.pid));
    }));
});
