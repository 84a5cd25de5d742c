// test: seconds 900
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { instancePaths } from "../../lib/instance/paths.ts";
import type { Status } from "../../lib/instance/status/status.ts";
import { processesHere } from "../../lib/platform/processes/processes_here.ts";
import { freePorts } from "../free_ports.ts";
import { about, type Ended, isAlive, ROOT, until } from "./support.ts";
import { runCaller } from "./support_callers.ts";
import { installTool } from "./support_examples.ts";
import { buildGoModule, pythonEnvironment } from "./support_packages.ts";
import { withProjects } from "./support_projects.ts";

/** A clone of an example, with its packages. */
interface Clone {
  folder: string;
  /** Runs a command in it, as a developer does. */
  call(...command: string[]): Promise<Ended>;
  /** {@linkcode Clone.call}, which must succeed; returns its output. */
  say(...command: string[]): Promise<string>;
  /** Replaces a text in one of its files. */
  edit(file: string, from: string, to: string): void;
  status(): Promise<Status>;
}

/** Runs `body` in a git repository with the example, whose `prepare` says why it cannot run here, if so. */
function withClone(
  context: { skip(why: string): void },
  example: string,
  prepare: (folder: string) => string | null,
  body: (clone: Clone) => Promise<void>,
): Promise<void> {
  return withProjects([`${example}/.stigmer`], async ({ path, write }) => {
    const folder = join(path, example);
    cpSync(join(ROOT, "examples", example), folder, { recursive: true });
    const why = prepare(folder);
    if (why !== null) return context.skip(why);
    write("tmp/.keep");
    const env = {
      PATH: installTool(join(path, "bin")),
      HOME: path,
      TMPDIR: join(path, "tmp"),
      STIGMER_HOME: undefined,
      STIGMER_PROJECT: undefined,
    };
    const call = (...command: string[]) => runCaller(command, { cwd: folder, env });
    const say = async (...command: string[]) => {
      const { code, stdout, stderr } = await call(...command);
      assertEquals(code, 0, `${command.join(" ")}: ${stdout}${stderr}`);
      return stdout + stderr;
    };
    const edit = (file: string, from: string, to: string) => {
      const text = readFileSync(join(folder, file), "utf8");
      assertStringIncludes(text, from);
      writeFileSync(join(folder, file), text.replaceAll(from, to));
    };
    const status = async () => JSON.parse((await call("stigmer-local", "status", "--json")).stdout) as Status;
    for (
      const [name, value] of [["user.name", "Ada"], ["user.email", "ada@localhost"], ["core.hooksPath", ".githooks"]]
    ) {
      await say("git", "config", "--global", name!, value!);
    }
    await say("git", "init", "-q", "--bare", "../origin.git");
    await say("git", "init", "-q", "-b", "main");
    await say("git", "add", ".");
    await say("git", "commit", "-qm", "Begin");
    await say("git", "remote", "add", "origin", "../origin.git");
    await body({ folder, call, say, edit, status });
    const left = readdirSync(env.TMPDIR).filter((name) => name.startsWith("stigmer-"));
    assertEquals(left, [], "an ephemeral instance is left");
  });
}

/** Executes a workflow on the project's Temporal with the CLI, and returns what that prints. */
function fulfil({ say }: Clone, type: string, ...flags: string[]): Promise<string> {
  const workflow = ["--type", type, "--task-queue", "orders", "--input", '"a hat"'];
  return say("stigmer-local", "temporal", "workflow", "execute", ...workflow, ...flags);
}

/**
 * Starts the project, runs `meanwhile` when all its `processes` are ready, stops it, and proves that nothing is left,
 * and no file changed except for what `meanwhile` `edited`, which becomes what it was.
 */
async function whileItRuns(
  clone: Clone,
  processes: string[],
  meanwhile: () => Promise<void>,
  edited: readonly string[] = [],
): Promise<void> {
  await clone.say("make", "start");
  const status = await clone.status();
  assertEquals([status.state, status.paths.home], ["running", join(clone.folder, ".stigmer")]);
  assertEquals(status.processes?.map(({ name, state }) => [name, state]), processes.map((name) => [name, "running"]));
  await meanwhile();
  const { temporal, supervisor, processes: running = [] } = await clone.status();
  const leaders = [temporal!.pid, ...running.map(({ pid }) => pid!)];
  const pids = leaders.flatMap((pid) => processesHere().liveGroupMembers(pid).map((member) => member.pid));
  await clone.say("make", "stop");
  assertEquals([...pids, supervisor!.pid].filter((pid) => isAlive(pid)), []);
  assertEquals(processesHere().lockHolders(instancePaths(status.paths.home).supervisorLock), []);
  for (const file of edited) await clone.say("git", "checkout", "-q", file);
  assertEquals(await clone.say("git", "status", "--porcelain"), "", "git ignores what was made");
}

/** The command of the project's CI workflow, without what is installed here already. */
function ciCommand({ folder }: Clone): string {
  const workflow = readFileSync(join(folder, ".github/workflows/ci.yml"), "utf8");
  const [install, ...commands] = [...workflow.matchAll(/^ +- run: (.*)$/gm)].map(([, run]) => run!);
  assertEquals(install, "npm install --global ${{ vars.STIGMER_LOCAL }}");
  assertEquals(commands.length, 1);
  return commands[0]!;
}

/** Pushes, which runs the tests as CI does; returns what that prints. */
async function pushAsCi(clone: Clone): Promise<string> {
  const hook = readFileSync(join(clone.folder, ".githooks/pre-push"), "utf8");
  assert(hook.endsWith(`exec ${ciCommand(clone)} </dev/null\n`), "CI runs another command than the hook");
  return await clone.say("git", "push", "-q", "origin", "main");
}

/** Changes what the worker returns, and waits until the restarted one does so. */
async function assertRestarts(clone: Clone, file: string, type: string, ...flags: string[]): Promise<void> {
  clone.edit(file, ": shipped", ": sent");
  await until("the changed worker works", async () => (await fulfil(clone, type, ...flags)).includes("a hat: sent"));
}

/** The packages that this repository has are those of the examples in TypeScript. */
function useOwnNodeModules(folder: string): null {
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return null;
}

describe("the example of a project in TypeScript", () => {
  it("starts with its worker and its codec server, restarts the worker when its code changes, and tests pushes", (context) =>
    withClone(context, "project-typescript", useOwnNodeModules, async (clone) => {
      const { port } = await freePorts();
      clone.edit("stigmer-local.yaml", "8888", `${port}`);
      await clone.say("git", "commit", "-qam", "Choose another port");
      const codec = ["--codec-endpoint", `http://127.0.0.1:${port}`];
      await whileItRuns(clone, ["worker", "codec"], async () => {
        assertStringIncludes(await clone.say("stigmer-local", "run", "--", "npm", "test"), "✔ an order is shipped");
        const id = ["--workflow-id", "hat"];
        assertStringIncludes(await fulfil(clone, "fulfil", ...codec, ...id), '"a hat: shipped"');
        const stored = await clone.say("stigmer-local", "temporal", "workflow", "result", ...id);
        assertStringIncludes(stored, "binary/compressed");
        assertStringIncludes(await clone.say("git", "push", "-q", "origin", "main"), "✔ an order is shipped");
        await assertRestarts(clone, "src/activities.ts", "fulfil", ...codec);
      }, ["src/activities.ts"]);
      assertStringIncludes(await clone.say("bash", "-e", "-c", ciCommand(clone)), "✔ an order is shipped"); // as GitHub
    }));
});

about("node", "the example of a project in Go", () => {
  it("starts with its worker, restarts it when its code changes, and tests pushes", (context) =>
    withClone(context, "project-go", buildGoModule, async (clone) => {
      await whileItRuns(clone, ["worker"], async () => {
        assertStringIncludes(await clone.say("stigmer-local", "run", "--", "go", "test", "."), "ok ");
        assertStringIncludes(await fulfil(clone, "Fulfil"), '"a hat: shipped"');
        assertStringIncludes(await pushAsCi(clone), "ok ");
        await assertRestarts(clone, "orders.go", "Fulfil");
      }, ["orders.go"]);
    }));
});

about("deno", "the example of a project in Python", () => {
  const useEnvironment = (folder: string): string | null => {
    const packages = readFileSync(join(folder, "requirements.txt"), "utf8").trim().split("\n");
    const made = pythonEnvironment(...packages);
    if ("why" in made) return made.why;
    symlinkSync(made.folder, join(folder, ".venv"));
    return null;
  };

  it("starts with its worker, restarts it when its code changes, and tests pushes, which fail with the tests", (context) =>
    withClone(context, "project-python", useEnvironment, async (clone) => {
      const python = [".venv/bin/python", "-m", "unittest"];
      await whileItRuns(clone, ["worker"], async () => {
        assertStringIncludes(await clone.say("stigmer-local", "run", "--", ...python), "\nOK\n");
        assertStringIncludes(await fulfil(clone, "Fulfil"), '"a hat: shipped"');
        assertStringIncludes(await pushAsCi(clone), "\nOK\n");
        await assertRestarts(clone, "orders.py", "Fulfil");
      }, ["orders.py"]);
      clone.edit("orders.py", ": shipped", ": sent");
      await clone.say("git", "commit", "-qam", "Send");
      const refused = await clone.call("git", "push", "-q", "origin", "main");
      assertEquals(refused.code, 1);
      assertStringIncludes(refused.stdout + refused.stderr, "'a book: sent' != 'a book: shipped'");
    }));
});

about("node", "the example of a monorepo", () => {
  it("runs three services on one Temporal, each in a namespace of its own", (context) =>
    withClone(context, "project-monorepo", useOwnNodeModules, async (clone) => {
      const passed = "✔ an order goes through the workers of all three services";
      await whileItRuns(clone, ["billing", "shipping", "orders"], async () => {
        assertStringIncludes(await clone.say("stigmer-local", "run", "--", "npm", "test"), passed);
        assertStringIncludes(await fulfil(clone, "fulfil", "--workflow-id", "hat"), '"a hat: charged, shipped"');
        for (const [namespace, type] of [["orders", "fulfil"], ["billing", "charge"], ["shipping", "ship"]]) {
          const list = ["temporal", "workflow", "list", "--namespace", namespace!, "--query", `WorkflowType='${type}'`];
          await until(
            `${namespace} lists it`,
            async () => / hat\b| a hat\b/.test(await clone.say("stigmer-local", ...list)),
          );
        }
        assertStringIncludes(await pushAsCi(clone), passed);
      });
    }));
});
