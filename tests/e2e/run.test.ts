import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { withTempDir } from "../platform/support.ts";
import { processesHere } from "../../lib/platform/processes/processes_here.ts";
import { noTerminal } from "../portable.ts";
import { assertNothingLeft, launch, ownRuntime, ownTool, temporalBinary, until, withInstance } from "./support.ts";
import { killBoth, launchEphemeral, shellLine } from "./support_callers.ts";
import { withFileSystem } from "./support_places.ts";
import { sharedInstance } from "./support_shared.ts";
import { withTerminal } from "./support_terminal.ts";

describe("run", () => {
  it("starts Temporal if needed, and stops it afterwards only with --stop-after, if it started it itself", () =>
    withInstance(async (instance) => {
      const { ports } = instance;
      const result = await instance.run(["run", ...ports, "--stop-after", "--", "sh", "-c", "exit 3"]);
      assertEquals(result.code, 3, result.stderr);
      assertNothingLeft(instance, []);

      const print = ["--", "sh", "-c", 'echo "$TEMPORAL_ADDRESS $TEMPORAL_NAMESPACE $TEMPORAL_UI_URL"'];
      const first = await instance.run(["run", ...ports, ...print]);
      assertEquals(first.code, 0, first.stderr);
      assertEquals(first.stdout, `127.0.0.1:${instance.port} default http://127.0.0.1:${instance.uiPort}\n`);
      const { temporal } = await instance.status();
      assertEquals((await instance.run(["run", "--stop-after", ...print])).stdout, first.stdout);
      assertEquals((await instance.status()).temporal?.pid, temporal?.pid, "it ran before");
      const env = await instance.run(["env", "--shell", "sh"]);
      assertEquals(env.stdout.split("\n")[0], `export TEMPORAL_ADDRESS='127.0.0.1:${instance.port}'`);
    }));
});

describe("run with a running Temporal", () => {
  const instance = sharedInstance("--headless");

  it("passes on the connection to the instance, whichever others are in the caller's environment and profiles", async () => {
    const config = join(instance.home, "config", "temporalio");
    mkdirSync(config, { recursive: true });
    const profile = '[profile.default]\naddress = "cloud.invalid:7233"\napi_key = "k"\n[profile.default.tls]\n';
    writeFileSync(join(config, "temporal.toml"), profile);
    const env = {
      XDG_CONFIG_HOME: join(instance.home, "config"),
      TEMPORAL_ADDRESS: "cloud.invalid:7233",
      TEMPORAL_API_KEY: "key",
      TEMPORAL_TLS: "true",
      TEMPORAL_TLS_CLIENT_CERT_PATH: "/nowhere/client.pem",
      TEMPORAL_TLS_CA: "/nowhere/ca.pem",
      TEMPORAL_GRPC_META_X_TEAM: "blue",
      TEMPORAL_PROFILE: "cloud",
      TEMPORAL_CONFIG_FILE: "/nowhere/temporal.toml",
      TEMPORAL_UI_URL: "http://cloud.invalid",
      TEMPORAL_CODEC_ENDPOINT: "kept",
      SHELL: "/bin/sh",
    };
    const { address } = instance.started;
    const print = 'env | grep ^TEMPORAL_ | sort; exec "$@"';
    const list = ["sh", temporalBinary(), "workflow", "list", "--output", "json"];
    const reached = [
      `TEMPORAL_ADDRESS=${address}`,
      "TEMPORAL_CODEC_ENDPOINT=kept",
      "TEMPORAL_CONFIG_FILE=/dev/null",
      "TEMPORAL_NAMESPACE=default",
      "[",
      "]",
      "",
    ];
    const run = await instance.run(["run", "--", "sh", "-c", print, ...list], { env });
    assertEquals([run.code, run.stdout.split("\n")], [0, reached], run.stderr);

    const evaluate = `eval "$(${shellLine(ownTool("env"))})" && ${print}`;
    const home = { STIGMER_HOME: instance.home };
    const evaluated = await launch(["sh", "-c", evaluate, ...list], { env: { ...env, ...home } }).ended;
    assertEquals([evaluated.code, evaluated.stdout.split("\n")], [0, reached], evaluated.stderr);

    const json = await instance.run(["env", "--json"], { env });
    const set = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: "default", TEMPORAL_CONFIG_FILE: "/dev/null" };
    assertEquals(JSON.parse(json.stdout), set);
  });

  it("exits with the command's status", async () => {
    const codeOf = async (...command: string[]) => (await instance.run(["run", "--", ...command])).code;
    assertEquals(await codeOf("sh", "-c", "exit 42"), 42);
    assertEquals(await codeOf("sh", "-c", "kill -KILL $$"), 128 + 9);
    assertEquals(await codeOf("there-is-no-such-command"), 127);
    assertEquals(await codeOf("/etc/passwd"), 126);
    assertEquals(await codeOf("/etc/passwd/below-a-file"), 126);
    const mistyped = await instance.run(["run", "--quiet", "--", "there-is-no-such-command"]);
    assertMatch(mistyped.stderr, /^error: Command not found: `there-is-no-such-command`\nhint: .*PATH/);
    assertEquals(await codeOf("sh", "-c", "kill -USR1 $$"), 128 + constants.signals.SIGUSR1);
    assertEquals((await instance.run(["run"])).code, 2);
    const forgotten = await instance.run(["run", "true"]);
    assertEquals(forgotten.code, 2);
    assertStringIncludes(forgotten.stderr, "--");
  });

  it("forwards signals to the command, and 1 MB of bytes unchanged", async () => {
    const traps = ["HUP", "INT", "QUIT", "USR1", "USR2"].map((name) => `trap "echo ${name}" ${name};`).join(" ");
    const running = instance.launch([
      "run",
      "--",
      "sh",
      "-c",
      `${traps} trap "echo TERM; exit 9" TERM; echo ready; while :; do sleep 0.1; done`,
    ]);
    await until("the command is ready", () => running.stdout().includes("ready"));
    for (const name of ["HUP", "INT", "QUIT", "USR1", "USR2", "TERM"] as const) {
      running.kill(`SIG${name}`);
      await until(`the command has heard of ${name}`, () => running.stdout().includes(`${name}\n`));
    }
    const ended = await running.ended;
    assertEquals([ended.code, ended.stdout], [9, "ready\nHUP\nINT\nQUIT\nUSR1\nUSR2\nTERM\n"]);

    const [given, echoed] = [join(instance.home, "given"), join(instance.home, "echoed")];
    writeFileSync(given, randomBytes(1024 * 1024));
    const cat = ownTool("run", "--home", instance.home, "--", "cat");
    const copied = await launch([
      "sh",
      "-c",
      'given=$1 echoed=$2; shift 2; exec "$@" <"$given" >"$echoed"',
      "-",
      given,
      echoed,
      ...cat,
    ]).ended;
    assertEquals(copied.code, 0, copied.stderr);
    assert(readFileSync(given).equals(readFileSync(echoed)));
  });
});

describe("run --ephemeral", () => {
  const command = (...args: string[]) => ownTool("run", "--ephemeral", "--", ...args);
  /** Ephemeral homes in a temporary folder of this test, so that those of other tests don't count. */
  const homesIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith("stigmer-ephemeral-"));
  /** The PIDs of the processes with a home in this folder: Temporals, and their supervisors. */
  const temporalsIn = (folder: string) => processesHere().processesIn(folder).map(({ pid }) => pid);
  /** The supervisor exits last, after the home was removed. */
  const nothingIn = (folder: string) =>
    until(
      "home, Temporal and supervisor are gone",
      () => (!existsSync(folder) || homesIn(folder).length === 0) && temporalsIn(folder).length === 0,
    );

  /** Node finds free ports in the same way, and costs more. */
  const AT_ONCE = ownRuntime === "deno" ? 10 : 5;

  it(`gives ${AT_ONCE} commands at once an instance each, and leaves nothing`, () =>
    withTempDir(async (folder) => {
      const env = { TMPDIR: folder };
      const line = command("sh", "-c", "echo $TEMPORAL_ADDRESS; exit 5");
      const all = await Promise.all(Array.from({ length: AT_ONCE }, () => launch(line, { env }).ended));
      for (const { code, stdout, stderr } of all) {
        assertEquals(code, 5, stderr);
        assertMatch(stdout, /^127\.0\.0\.1:\d+\n$/);
      }
      assertEquals(new Set(all.map(({ stdout }) => stdout)).size, AT_ONCE);
      await nothingIn(folder);
    }));

  it("leaves nothing when the command is interrupted, even in a temporary folder with a long path", () =>
    withTempDir(async (parent) => {
      const folder = join(parent, "x".repeat(110)); // longer than a socket path may be
      mkdirSync(folder);
      const running = await launchEphemeral("exec sleep 1000", { env: { TMPDIR: folder } });
      running.kill("SIGINT");
      assertEquals((await running.ended).code, 128 + 2);
      await nothingIn(folder);
    }));

  it("leaves nothing when all its processes got SIGTERM before it was killed -9", () =>
    withTempDir(async (folder) => {
      const running = await launchEphemeral('trap "" TERM; exec sleep 1000', { env: { TMPDIR: folder } });
      const children = spawnSync("ps", ["-o", "pid=", "--ppid", `${running.pid}`], { encoding: "utf8" }).stdout;
      for (const pid of children.trim().split(/\s+/)) process.kill(Number(pid), "SIGTERM");
      process.kill(running.pid, "SIGTERM");
      await killBoth(running);
      await nothingIn(folder);
    }));

  for (const lost of ["home", "temporary folder"] as const) {
    it(`leaves nothing when its ${lost} is deleted right after it was killed -9`, () =>
      withTempDir(async (parent) => {
        const folder = join(parent, "tmp");
        mkdirSync(folder);
        const running = await launchEphemeral("exec sleep 1000", { env: { TMPDIR: folder } });
        assertNotEquals(temporalsIn(folder), []);
        const killed = killBoth(running);
        rmSync(lost === "home" ? join(folder, homesIn(folder)[0]!) : folder, { recursive: true });
        await killed;
        await nothingIn(folder);
        assertEquals(readdirSync(parent), lost === "home" ? ["tmp"] : []);
      }));
  }

  it("restarts Temporal like any supervisor, reports when it gives up, and lets the command continue", () =>
    withTempDir(async (folder) => {
      const limited = ownTool("run", "--ephemeral", "--max-restarts", "1", "--");
      const mayGoOn = join(folder, "may-go-on");
      const line = 'echo up; while [ ! -e "$0" ]; do sleep 0.1; done; ' +
        "sleep 1000 & trap 'kill $!; exit 7' TERM; echo went on; wait";
      const running = launch([...limited, "sh", "-c", line, mayGoOn], { env: { TMPDIR: folder } });
      await until("the command runs", () => running.stdout().includes("up"));
      const home = join(folder, homesIn(folder)[0]!);
      const status = async () => {
        const { stdout } = await launch(ownTool("status", "--json", "--home", home)).ended;
        return JSON.parse(stdout);
      };
      const first = await status();
      assertEquals([first.state, first.supervisor.pid, first.restarts], ["running", running.pid, 0]);
      process.kill(first.temporal.pid, "SIGKILL");
      const second = await until("another Temporal serves", async () => {
        const { state, restarts, temporal } = await status();
        return state === "running" && restarts === 1 && temporal.pid !== first.temporal.pid && temporal;
      });
      process.kill(second.pid, "SIGKILL");
      await until(
        "it is given up",
        () => running.stderr().includes("Temporal stopped while the command was running: "),
      );
      writeFileSync(mayGoOn, "");
      await until("the command goes on", () => running.stdout().includes("went on"));
      running.kill("SIGTERM");
      assertEquals((await running.ended).code, 7);
      assertEquals(homesIn(folder), []);
      await nothingIn(folder);
    }));

  it("refuses a database file, because its data is in memory", () =>
    withTempDir(async (folder) => {
      const file = join(folder, "kept.db");
      const words = ownTool("run", "--ephemeral", "--db-filename", file, "--", "echo", "ran");
      const { code, stdout, stderr } = await launch(words, { env: { TMPDIR: folder } }).ended;
      assertEquals([code, stdout], [2, ""]);
      assertStringIncludes(stderr, "in memory");
    }));

  it("reports it when no home can be created, and runs nothing", (t) =>
    withFileSystem(t, "1m,nr_inodes=1", async ({ path }) => {
      const env = { TMPDIR: path, TSX_DISABLE_CACHE: "1" }; // its cache is in the temporary folder, too
      const { code, stdout, stderr } = await launch(command("echo", "ran"), { env }).ended;
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /^error: Cannot create the temporary home .*\nhint: Free some space there, or set TMPDIR/);
      assertEquals(homesIn(path), []);
    }));

  it("shows the end of the log when Temporal cannot start", () =>
    withTempDir(async (folder) => {
      const temporal = join(folder, "temporal");
      writeFileSync(temporal, "#!/bin/sh\necho first >&2; echo second >&2; exit 3\n", { mode: 0o755 });
      const env = { TMPDIR: folder, STIGMER_TEMPORAL_BIN: temporal };
      const { code, stdout, stderr } = await launch(command("echo", "ran"), { env }).ended;
      assertEquals([code, stdout], [1, ""]);
      assertEquals(stderr, "error: Temporal exited with code 3: second\n  | first\n  | second\n");
      assertEquals(homesIn(folder), []);
      await nothingIn(folder);
    }));

  it("leaves nothing when it is killed -9 at any moment of its start", () =>
    withTempDir(async (folder) => {
      const isThere = (name: string) => homesIn(folder).some((home) => existsSync(join(folder, home, name)));
      for (const moment of [".", "supervisor.lock", "history.jsonl", "control.sock", "temporal.pid"]) {
        const running = launch(command("sleep", "1000"), { env: { TMPDIR: folder } });
        await until(`${moment} has come`, () => {
          for (const giveUpAt = performance.now() + 50; performance.now() < giveUpAt;) if (isThere(moment)) return true;
          return false;
        });
        process.kill(running.pid, "SIGKILL");
        await running.ended;
        await nothingIn(folder);
      }
    }));

  for (const stdin of ["the terminal", "/dev/null"]) {
    it(
      `leaves the terminal to the command, which Ctrl-C reaches once, when its stdin is ${stdin}`,
      { skip: noTerminal() },
      () =>
        withTempDir(async (folder) => {
          const counter = join(folder, "counter.sh");
          writeFileSync(
            counter,
            "test -t 0 && test -t 1 && echo both; " +
              "n=0; trap 'n=$((n + 1))' INT; echo ready; while [ $n = 0 ]; do sleep 0.1; done; " +
              'for i in 1 2 3 4 5; do sleep 0.1; done; echo "told $n times"\n',
          );
          const words = shellLine(command("sh", counter));
          const line = `exec ${words} ${stdin === "/dev/null" ? "</dev/null" : ""}`;
          const { code, shown } = await withTerminal(line, { env: { TMPDIR: folder } }, async (terminal) => {
            await until("the command is ready", () => terminal.shown().includes("ready"));
            terminal.press("\x03");
          });
          assertStringIncludes(shown, "told 1 times");
          assertEquals([code, shown.includes("both")], [0, stdin === "the terminal"]);
          await nothingIn(folder);
        }),
    );
  }
});
