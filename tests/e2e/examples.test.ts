import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { it } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DEFAULT_TEMPORAL_VERSION } from "../../lib/config/temporal_versions.ts";
import { serverNotePath } from "../../lib/database/server_note.ts";
import { DEFAULT_GRACE_MS } from "../../lib/config/policy.ts";
import { withTempDir } from "../support.ts";
import {
  about,
  assertNothingLeft,
  type Ended,
  isAlive,
  launch,
  ROOT,
  temporalBinary,
  type TestInstance,
  until,
  withInstance,
} from "./support.ts";
import { runCaller } from "./support_callers.ts";
import { installTool } from "./support_examples.ts";

const EXAMPLES = join(ROOT, "examples");

/** A project with a copied example, and `stigmer-local` on its PATH. */
interface Project extends TestInstance {
  folder: string;
  env: Record<string, string | undefined>;
  /** Runs a command in the project, as a user of the example does. */
  call(...command: string[]): Promise<Ended>;
  /** {@linkcode Project.call}, which must succeed; returns its output. */
  say(...command: string[]): Promise<string>;
}

/** The project's own scripts, which the examples run: they connect to the Temporal in their environment. */
const SCRIPTS = {
  start: "node connect.mjs worker",
  test: "node connect.mjs test",
  "test:workflows": "node connect.mjs test",
  smoke: "node connect.mjs smoke",
};
const CONNECT = `import { connect } from "node:net";
if (process.env.GIT_DIR !== undefined) throw new Error("GIT_DIR is set");
const [host, port] = process.env.TEMPORAL_ADDRESS.split(":");
const socket = connect({ host, port: Number(port) }, () => {
  console.log(process.argv[2], "is connected to", process.env.TEMPORAL_ADDRESS);
  socket.destroy();
});
`;

/** Runs `body` in a project with the files of the example; the environment selects its instance. */
function withProject(example: string, body: (project: Project) => Promise<void>): Promise<void> {
  return withTempDir((base) =>
    withInstance(async (instance) => {
      const folder = join(base, "project");
      mkdirSync(folder);
      writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", scripts: SCRIPTS }));
      writeFileSync(join(folder, "connect.mjs"), CONNECT);
      cpSync(join(EXAMPLES, example), folder, { recursive: true });
      const env = {
        PATH: installTool(join(base, ".local", "bin")),
        STIGMER_HOME: instance.home,
        STIGMER_PORT: `${instance.port}`,
        STIGMER_HEADLESS: "1",
        STIGMER_TEMPORAL_BIN: temporalBinary(),
        HOME: base,
        XDG_RUNTIME_DIR: base,
      };
      const call = (...command: string[]) => runCaller(command, { cwd: folder, env });
      const say = async (...command: string[]) => {
        const { code, stdout, stderr } = await call(...command);
        assertEquals(code, 0, `${command.join(" ")}: ${stdout}${stderr}`);
        return stdout;
      };
      await body({ ...instance, folder, env, call, say });
    })
  );
}

const addressOf = ({ port }: TestInstance) => `127.0.0.1:${port}`;
const read = (path: string) => readFileSync(join(EXAMPLES, path), "utf8");

about("deno", "the examples", () => {
  it("make: targets that need Temporal start it, tests get their own", () =>
    withProject("make", async (project) => {
      assertEquals(await project.say("make", "temporal"), "");
      const { temporal } = await project.status();
      assertStringIncludes(await project.say("make", "-j2", "worker"), `worker is connected to ${addressOf(project)}`);
      const tested = await project.say("make", "test");
      assertMatch(tested, /test is connected to 127\.0\.0\.1:\d+/);
      assert(!tested.includes(addressOf(project)));
      assertEquals((await project.call("make", "test", "TEST=false")).code, 2, "a failed test fails the target");
      await project.say("make", "stop");
      assertNothingLeft(project, [temporal!.pid]);
    }));

  it("Deno tasks: `deno task dev` starts Temporal, `deno task test` gets its own", () =>
    withProject("deno-tasks", async (project) => {
      assertStringIncludes(
        await project.say("deno", "task", "dev"),
        `connected to ${addressOf(project)}, namespace default`,
      );
      assertMatch(await project.say("deno", "task", "test"), /1 passed/);
    }));

  it("zx: a dev script runs the worker in Temporal's environment, and exits with its status", () =>
    withProject("zx", async (project) => {
      const zx = ["node", join(ROOT, "node_modules", "zx", "build", "cli.js"), "dev.mjs"];
      assertStringIncludes(await project.say(...zx, "npm", "start"), `worker is connected to ${addressOf(project)}`);
      assertEquals((await project.call(...zx, "sh", "-c", "exit 7")).code, 7);
      assertEquals((await project.call(...zx)).code, 2);
      assertEquals((await project.status()).state, "running");
    }));

  it("Procfile: Temporal is one of the processes; the others wait for it, and it stops with them", () =>
    withProject("procfile", async (project) => {
      const processes = new Map(
        read("procfile/Procfile").trim().split("\n").map((line) => line.split(/:\s+(.*)/) as [string, string]),
      );
      assertEquals([...processes.keys()], ["temporal", "worker"]);
      await assertServesInForeground(project, ["sh", "-c", processes.get("temporal")!], async () => {
        assertStringIncludes(
          await project.say("sh", "-c", processes.get("worker")!),
          `worker is connected to ${addressOf(project)}`,
        );
      });
    }));

  it("systemd: the unit is valid, and its main process runs until SIGTERM", () =>
    withProject("systemd", async (project) => {
      const unit = "stigmer-local.service";
      if ((await project.call("sh", "-c", "command -v systemd-analyze")).code === 0) {
        const { code, stderr } = await project.call("systemd-analyze", "verify", "--user", unit);
        const complaints = stderr.split("\n").filter((line) => line.includes(unit));
        assertEquals([code, complaints], [0, []], stderr);
      }
      const command = /^ExecStart=(.*)$/m.exec(read(`systemd/${unit}`))![1]!.replace("%h", project.env["HOME"]!);
      await assertServesInForeground(project, command.split(" "), () => Promise.resolve());
    }));

  it("launchd: the agent is valid, and its program runs until SIGTERM, longer than which it may drain", () =>
    withProject("launchd", async (project) => {
      const file = "dev.stigmer.local.plist";
      const text = read(`launchd/${file}`);
      if ((await project.call("sh", "-c", "command -v python3")).code === 0) {
        await project.say("python3", "-c", "import plistlib, sys; plistlib.load(open(sys.argv[1], 'rb'))", file);
      }
      assertEquals(`${/<key>Label<\/key>\s*<string>(.*)<\/string>/.exec(text)?.[1]}.plist`, file);
      assert(Number(/<key>ExitTimeOut<\/key>\s*<integer>(\d+)</.exec(text)?.[1]) * 1000 > 2 * DEFAULT_GRACE_MS);
      const program = /<key>ProgramArguments<\/key>\s*<array>(.*?)<\/array>/s.exec(text)![1]!;
      const words = [...program.matchAll(/<string>(.*)<\/string>/g)].map(([, word]) => word!);
      const command = words.map((word) => word.replace("/Users/ada", project.env["HOME"]!));
      await assertServesInForeground(project, command, () => Promise.resolve());
    }));
});

about("node", "the examples", () => {
  it("npm scripts: `npm start` starts Temporal, `npm test` gets its own", () =>
    withProject("npm-scripts", async (project) => {
      assertStringIncludes(await project.say("npm", "start"), `connected to ${addressOf(project)}, namespace default`);
      assertEquals((await project.status()).state, "running");
      assertMatch(await project.say("npm", "test"), /pass 1\b/);
    }));

  it("VS Code: each task runs", () =>
    withProject("vscode", async (project) => {
      const { tasks } = JSON.parse(read("vscode/tasks.json")) as {
        tasks: { label: string; type: string; command: string }[];
      };
      const told: Record<string, string> = {};
      for (const { label, type, command } of tasks) {
        if (label === "Temporal: stop") assertEquals((await project.status()).state, "running");
        assertEquals(type, "shell");
        told[label] = await project.say("sh", "-c", command);
      }
      assertMatch(told["Temporal: start"]!, /Temporal is running/);
      assertMatch(told["Temporal: status"]!, /healthy/);
      assertMatch(told["Workflow tests"]!, /test is connected to/);
      assertMatch(told["Temporal: stop"]!, /Temporal stopped/);
    }));

  it("GitHub Actions: each step of the job runs", () =>
    withProject("github-actions", async (project) => {
      const { parse } = await import(new URL("../../node_modules/yaml/browser/index.js", import.meta.url).href) as {
        parse(text: string): {
          on: string[];
          env: { STIGMER_TEMPORAL_VERSION: string };
          jobs: { test: { steps: { name?: string; run?: string; with?: { key?: string } }[] } };
        };
      };
      const { on, env, jobs } = parse(read("github-actions/workflow.yml"));
      assertEquals(on, ["push", "pull_request"]);
      assertEquals(env, { STIGMER_TEMPORAL_VERSION: DEFAULT_TEMPORAL_VERSION });
      const keys = jobs.test.steps.flatMap((step) => step.with?.key ?? []);
      assertEquals(keys, ["temporal-${{ runner.os }}-${{ runner.arch }}-${{ env.STIGMER_TEMPORAL_VERSION }}"]);
      Object.assign(project.env, env, { STIGMER_TEMPORAL_BIN: undefined });
      const bin = join(project.folder, "node_modules", ".bin");
      mkdirSync(bin, { recursive: true });
      symlinkSync(join(project.env["HOME"]!, ".local", "bin", "stigmer-local"), join(bin, "stigmer-local"));
      // The binary is installed, as with a filled cache.
      mkdirSync(join(project.home, "bin"), { recursive: true });
      cpSync(temporalBinary(), join(project.home, "bin", `temporal-${DEFAULT_TEMPORAL_VERSION}`));
      const runs = jobs.test.steps.flatMap(({ run }) => run === undefined || run === "npm ci" ? [] : [run]);
      assertEquals(runs.length, 4);
      const told: string[] = [];
      for (const run of runs) told.push(await project.say("bash", "-e", "-c", run)); // as GitHub runs it
      assertMatch(told[1]!, /test is connected to/);
      assertStringIncludes(told[2]!, `smoke is connected to ${addressOf(project)}`);
      assertEquals((await project.status()).state, "running", "it stays up for later steps");
    }));
});

/** Proves that the command supervises in its own process, and stops Temporal on SIGTERM. */
async function assertServesInForeground(
  project: Project,
  command: readonly string[],
  meanwhile: () => Promise<void>,
): Promise<void> {
  const env = Object.entries(project.env).map(([name, value]) => `${name}=${value}`);
  const running = launch(["env", ...env, ...command], { detached: true });
  try {
    await until("Temporal serves", async () => (await project.now())?.healthy);
    const { exitCode, temporal, supervisor } = await project.status();
    assertEquals(exitCode, 0);
    assertEquals(supervisor?.pid, running.pid, "it is the supervisor itself");
    await meanwhile();
    running.kill("SIGTERM");
    assertEquals((await running.ended).code, 0, running.stderr());
    assertNothingLeft(project, [temporal!.pid]);
  } finally {
    if (isAlive(running.pid)) running.kill("SIGKILL");
  }
}

about("deno", "the example's git hooks", () => {
  it("pre-push: runs the tests on an ephemeral Temporal, and fails the push when they fail", () =>
    withRepository(async (project) => {
      cpSync(join(project.folder, "pre-push"), join(project.folder, ".git", "hooks", "pre-push"));
      const { code, stdout, stderr } = await project.call("git", "push", "origin", "main");
      assertEquals(code, 0, stderr);
      assertMatch(stdout + stderr, /test is connected to 127\.0\.0\.1:\d+/);
      assertEquals((await project.status()).state, "stopped", "the common instance is not touched");
      writeFileSync(join(project.folder, "connect.mjs"), "process.exit(1)");
      await project.say("git", "commit", "-qam", "break the tests");
      assertEquals((await project.call("git", "push", "origin", "main")).code, 1);
      assertEquals(await project.say("git", "rev-list", "--count", "origin/main..main"), "1\n");

      const PATH = process.env["PATH"]!; // without the tool
      const missing = await runCaller(["git", "push", "origin", "main"], {
        cwd: project.folder,
        env: { ...project.env, PATH },
      });
      assertEquals(missing.code, 1);
      assertMatch(missing.stderr, /^pre-push: stigmer-local is not on PATH\. Install it .*\n.*git push --no-verify/);
    }));

  it("post-checkout: warns only if the branch's Temporal is older than the data's", () =>
    withRepository(async (project) => {
      const older = join(project.home, "bin", "temporal-1.4.1");
      mkdirSync(dirname(older), { recursive: true });
      const version = 'echo "temporal version 1.4.1 (Server 1.28.1, UI 2.39.0)"';
      writeFileSync(older, `#!/bin/sh\n[ "$1" = --version ] && { ${version}; exit; }\nexit 1\n`);
      chmodSync(older, 0o755);
      await project.say("git", "checkout", "-qb", "older");
      writeFileSync(join(project.folder, ".temporal-version"), "1.4.1\n");
      await project.say("git", "add", ".temporal-version");
      await project.say("git", "commit", "-qm", "pin an older Temporal");
      await project.say("git", "checkout", "-q", "main");
      cpSync(join(project.folder, "post-checkout"), join(project.folder, ".git", "hooks", "post-checkout"));

      const checkout = async (branch: string) => {
        const env = { ...project.env, STIGMER_TEMPORAL_BIN: "" };
        const { code, stderr } = await runCaller(["git", "checkout", "-q", branch], { cwd: project.folder, env });
        assertEquals(code, 0, stderr);
        return stderr;
      };
      assertEquals(await checkout("older"), "", "there is no data yet");
      await project.start(["--headless"]);
      await until("it is noted who serves the data", () => existsSync(serverNotePath(project.paths.defaultDatabase)));
      assertEquals((await project.stop(["--force"])).code, 0);
      assertEquals(await checkout("main"), "");
      assertMatch(
        await checkout("older"),
        /^warning: The database \S+ was last served by Temporal server \S+, but \S+ contains the older 1\.28\.1/,
      );
    }));
});

/** A project in git, with a bare repository as its origin. */
function withRepository(body: (project: Project) => Promise<void>): Promise<void> {
  return withProject("git-hooks", async (project) => {
    const { folder, say } = project;
    for (
      const [name, value] of [["user.name", "Ada"], ["user.email", "ada@localhost"], ["init.defaultBranch", "main"]]
    ) {
      await say("git", "config", "--global", name!, value!);
    }
    await say("git", "init", "-q", "--bare", join(folder, "..", "origin.git"));
    await say("git", "init", "-q");
    writeFileSync(join(folder, ".gitignore"), "node_modules\n");
    await say("git", "add", ".");
    await say("git", "commit", "-qm", "begin");
    await say("git", "remote", "add", "origin", join(folder, "..", "origin.git"));
    await body(project);
  });
}
