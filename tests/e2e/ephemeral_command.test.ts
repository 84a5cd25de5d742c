import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DEFAULT_TEMPORAL_VERSION } from "../../lib/config/temporal_versions.ts";
import { startTemporal } from "../../mod.ts";
import { withTempDir } from "../platform/support.ts";
import { configure, type Ended, isAlive, launch, ownTool, temporalBinary, until } from "./support.ts";
import { killBoth, launchEphemeral } from "./support_callers.ts";
import { installTool } from "./support_examples.ts";

interface Place {
  folder: string;
  /** The home of the caller, which no command below may touch. */
  home: string;
  env: Record<string, string | undefined>;
  /** `run --ephemeral FLAGS -- sh -c SCRIPT`, with `stigmer-local` on PATH. */
  run(script: string, ...flags: string[]): Promise<Ended>;
}

function withPlace(body: (place: Place) => Promise<void>): Promise<void> {
  return withTempDir(async (folder) => {
    const [home, temporary] = [join(folder, "home"), join(folder, "tmp")];
    mkdirSync(temporary);
    mkdirSync(home, { mode: 0o700 });
    const env = { PATH: installTool(join(folder, "bin")), HOME: folder, STIGMER_HOME: home, TMPDIR: temporary };
    const run = (script: string, ...flags: string[]) =>
      launch(ownTool("run", "--ephemeral", ...flags, "--", "sh", "-c", script), { env }).ended;
    await body({ folder, home, env, run });
    assertEquals(readdirSync(temporary).filter((name) => name.startsWith("stigmer-")), [], "nothing is left");
  });
}

describe("the tool in a command of run --ephemeral", () => {
  it("looks at the ephemeral instance, whatever the caller's variables say", () =>
    withPlace(async ({ env, home, run }) => {
      Object.assign(env, { STIGMER_PORT: "7399", STIGMER_ADDRESS: "elsewhere:1", STIGMER_NAMESPACE: "ignored" });
      const { code, stdout, stderr } = await run(
        [
          "set -e",
          "stigmer-local status --json",
          "echo ===",
          'eval "$(stigmer-local env)"; echo "$TEMPORAL_ADDRESS $TEMPORAL_NAMESPACE"',
          "stigmer-local logs --supervisor | grep -c running",
          "stigmer-local start --json >/dev/null && stigmer-local wait --quiet",
          "stigmer-local run -- sh -c 'echo $TEMPORAL_ADDRESS'",
        ].join("\n"),
        "--namespace",
        "orders",
      );
      assertEquals(code, 0, stderr);
      const [document, rest] = stdout.split("===\n");
      const status = JSON.parse(document!);
      assertEquals([status.state, status.namespace, status.managed], ["running", "orders", true]);
      assertEquals(rest, `${status.address} orders\n1\n${status.address}\n`);
      assertEquals(readdirSync(home), []);
    }));

  it("stops the ephemeral instance, leaves the caller's alone, and removes one that it starts then", () =>
    withPlace(async ({ run, home }) => {
      const { code, stdout, stderr } = await run(
        "stigmer-local stop --force && stigmer-local status; echo $?; echo ===\n" +
          "stigmer-local start --port auto --headless --quiet && stigmer-local status --json",
      );
      assertEquals(code, 0, stderr);
      const [stopped, document] = stdout.split("===\n");
      assertEquals([stopped!.includes("Temporal stopped (pid"), stopped!.split("\n").at(-2)], [true, "3"], stdout);
      const { temporal, supervisor } = JSON.parse(document!);
      assertEquals([isAlive(temporal.pid), isAlive(supervisor.pid)], [false, false]);
      assertEquals(readdirSync(home), []);
    }));

  it("starts nested ephemeral instances with the caller's binaries and config.yaml", () =>
    withPlace(async ({ env, home, run }) => {
      mkdirSync(join(home, "bin"));
      cpSync(temporalBinary(), join(home, "bin", `temporal-${DEFAULT_TEMPORAL_VERSION}`));
      configure({ home }, "namespaces: [nested]");
      Object.assign(env, { STIGMER_TEMPORAL_BIN: "", STIGMER_TEMPORAL_MIRROR: "off", GOPROXY: "off" });
      env["PATH"] = env["PATH"]!.split(delimiter).filter((each) => !existsSync(join(each, "temporal"))).join(delimiter);
      const script = "echo $TEMPORAL_ADDRESS $TEMPORAL_NAMESPACE; stigmer-local status | head -1";
      const nested = `stigmer-local run --ephemeral -- sh -c '${script}'`;
      const { code, stdout, stderr } = await run(`echo $TEMPORAL_ADDRESS; ${nested}`);
      assertEquals(code, 0, stderr);
      const [outer, inner, state] = stdout.trim().split("\n");
      assertMatch(inner!, /^127\.0\.0\.1:\d+ nested$/);
      assert(inner !== `${outer} nested`, "it is the same instance");
      assertEquals(state, "● Temporal is running, healthy");
    }));

  it("runs an instance with a --home of its own, too", () =>
    withPlace(async ({ folder, run }) => {
      const own = join(folder, "own");
      const { code, stdout, stderr } = await run(
        [
          `stigmer-local start --home ${own} --port auto --headless --quiet || exit`,
          `stigmer-local run --home ${own} -- sh -c 'echo $STIGMER_HOME; stigmer-local status --json'`,
          `stigmer-local stop --home ${own} --force --quiet`,
        ].join("\n"),
      );
      assertEquals(code, 0, stderr);
      assertEquals(stdout.split("\n")[0], own);
      assertEquals(JSON.parse(stdout.slice(own.length)).paths.home, own);
    }));
});

describe("run --ephemeral --keep-logs", () => {
  /** The logs that were kept in `logs`, a folder an instance. */
  const keptIn = (logs: string) => readdirSync(logs).map((name) => join(logs, name));

  it("keeps the logs when the command fails, a folder for each run, and says where; not when it succeeds", () =>
    withPlace(async ({ folder, run }) => {
      const logs = join(folder, "a", "b");
      for (const count of [1, 2]) {
        const { code, stderr } = await run("exit 7", "--keep-logs", logs);
        assertEquals([code, keptIn(logs).length], [7, count], stderr);
        assert(keptIn(logs).some((path) => stderr === `Logs kept in ${path}\n`), stderr);
      }
      for (const path of keptIn(logs)) {
        assertEquals(readdirSync(path).sort(), ["supervisor.log", "temporal.log"]);
        assertStringIncludes(readFileSync(join(path, "supervisor.log"), "utf8"), '"event":"running"');
      }
      const { code, stderr } = await run("exit 0", "--keep-logs", logs);
      assertEquals([code, keptIn(logs).length, stderr], [0, 2, ""]);
    }));

  it("keeps the logs when Temporal cannot start", () =>
    withPlace(async ({ folder, env, run }) => {
      const temporal = join(folder, "temporal");
      writeFileSync(temporal, "#!/bin/sh\necho the last words >&2; exit 3\n", { mode: 0o755 });
      env["STIGMER_TEMPORAL_BIN"] = temporal;
      const logs = join(folder, "logs");
      const { code, stderr } = await run("echo ran", "--keep-logs", logs);
      const [path] = keptIn(logs);
      assertEquals(code, 1);
      assertStringIncludes(stderr, `Logs kept in ${path}\n`);
      assertEquals(readFileSync(join(path!, "temporal.log"), "utf8"), "the last words\n");
    }));

  it("keeps the logs when its own process is killed -9", () =>
    withPlace(async ({ folder, env }) => {
      const logs = join(folder, "logs");
      await killBoth(await launchEphemeral("exec sleep 1000", { env }, "--keep-logs", logs));
      await until("the home is gone", () => readdirSync(join(folder, "tmp")).length === 0);
      const [path] = keptIn(logs);
      assertStringIncludes(readFileSync(join(path!, "supervisor.log"), "utf8"), '"event":"running"');
    }));

  it("is refused without --ephemeral, and for a directory that cannot be written", () =>
    withPlace(async ({ folder, env, run }) => {
      const words = ownTool("run", "--keep-logs", folder, "--", "true");
      const { code, stderr } = await launch(words, { env }).ended;
      assertEquals([code, /^error: --keep-logs requires --ephemeral\n/.test(stderr)], [2, true], stderr);
      writeFileSync(join(folder, "file"), "");
      const refused = await run("echo ran", "--keep-logs", join(folder, "file", "logs"));
      assertEquals([refused.code, refused.stdout], [2, ""]);
      assertMatch(refused.stderr, /^error: --keep-logs: cannot keep logs in \S+: it is not a directory\nhint: /);
    }));
});

describe("startTemporal({ ephemeral: true, logsDir })", () => {
  it("keeps the logs of each server, also of one whose supervisor was killed", () =>
    withTempDir(async (logsDir) => {
      const homes: string[] = [];
      for (const isKilled of [false, true]) {
        await using temporal = await startTemporal({ ephemeral: true, logsDir });
        homes.push(temporal.home.split("/").at(-1)!);
        const { supervisor } = await temporal.status();
        if (!isKilled) continue;
        process.kill(supervisor!.pid, "SIGKILL");
        await until("the supervisor is gone", () => !isAlive(supervisor!.pid));
      }
      assertEquals(readdirSync(logsDir).sort(), homes.toSorted());
      for (const home of homes) assertEquals(existsSync(join(logsDir, home, "temporal.log")), true);
    }));
});
