import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { startTemporal } from "../../mod.ts";
import { freePorts } from "../free_ports.ts";
import { isAlive, ownTool, withInstance } from "./support.ts";
import { eventsOf, withStack } from "./support_processes.ts";
import { withProjects } from "./support_projects.ts";

describe("a project", () => {
  it("has one instance, beside its file, for every command in every folder below", () =>
    withProjects(["shop/.stigmer"], async (folder) => {
      const { path, run, statusOf } = folder;
      const file = folder.write("shop/stigmer-local.yaml", "port: auto", "headless: true", "namespaces: [orders]");
      execFileSync("git", ["init", "-q", join(path, "shop")]);
      const started = await statusOf("shop/src/deep", "start");
      const home = join(path, "shop/.stigmer");
      assertEquals([started.paths.home, started.paths.project], [home, file]);
      assertEquals([started.namespace, started.reused], ["orders", false]);
      assertEquals(statSync(home).mode & 0o777, 0o700);

      const again = await statusOf("shop", "start");
      assertEquals([again.reused, again.temporal?.pid], [true, started.temporal!.pid]);
      for (const command of ["start", "stop", "restart"]) {
        const { code, stderr } = await run("shop", [command, "worker"]);
        assertEquals(code, 2, command);
        assertStringIncludes(stderr, "There is no process `worker`");
      }
      assertEquals([existsSync(join(home, "processes")), again.processes], [false, undefined], "it has no processes");
      for (const cwd of ["shop", "shop/src/deep"]) {
        assertEquals((await statusOf(cwd, "status")).temporal?.pid, started.temporal!.pid, cwd);
      }
      assertEquals((await statusOf("shop/src", "wait")).paths.project, file);
      assertStringIncludes((await run("shop/src", ["env"])).stdout, `export TEMPORAL_ADDRESS='${started.address}'`);
      const logged = await run("shop/src", ["logs", "--supervisor"]);
      assertStringIncludes(logged.stdout, `"pid":${started.temporal!.pid}`);
      assertStringIncludes((await run("shop/src", ["status"])).stdout, `  Project    ${file}\n  Home       ${home}\n`);
      assertEquals((await statusOf("elsewhere", "status", "--home", home)).paths.project, null);

      // The command of `run` finds this instance wherever it works.
      folder.write("elsewhere/stigmer-local.yaml", "port: 1");
      const inner = ["sh", "-c", 'cd ../elsewhere && exec "$@" status --json', "sh", ...ownTool()];
      const { stdout } = await run("shop", ["run", "--", ...inner]);
      assertEquals(JSON.parse(stdout).temporal.pid, started.temporal!.pid);

      const changed = execFileSync("git", ["status", "--porcelain", "-uall"], {
        cwd: join(path, "shop"),
        encoding: "utf8",
      });
      assertEquals(changed, "?? stigmer-local.yaml\n", "git ignores the home");
      assert(existsSync(join(home, "project.read.json")), "the parsed file is cached in the home");
      assertEquals((await run("shop/src", ["stop"])).code, 0);
      assert(!isAlive(started.temporal!.pid));
      assertEquals((await run("shop", ["status"])).code, 3);
    }));

  it("is an instance of its own in each checkout, side by side, also where the path of a socket is too long", () => {
    const deep = "d".repeat(60) + "/" + "e".repeat(60);
    return withProjects(["one/.stigmer", `${deep}/.stigmer`], async ({ path, write, run, statusOf }) => {
      for (const checkout of ["one", deep]) write(`${checkout}/stigmer-local.yaml`, "port: auto", "headless: true");
      const [one, two] = await Promise.all([statusOf("one", "start"), statusOf(`${deep}/sub`, "start")]);
      assertNotEquals(one.address, two.address);
      assertEquals(two.paths.home, join(path, deep, ".stigmer"));
      assertEquals((await run("one", ["stop"])).code, 0);
      const left = await statusOf(deep, "status");
      assertEquals([left.temporal?.pid, left.healthy], [two.temporal!.pid, true]);
      assertEquals((await statusOf(deep, "restart")).address, two.address, "the port is kept");
    });
  });

  it("may name its home, and gets what was only added to its file by start, and the rest by restart", () =>
    withProjects(["var/home"], async ({ path, write, run, statusOf }) => {
      const [{ port }, other] = [await freePorts(), await freePorts()];
      const home = "home: ../var/home # not in the checkout";
      const change = (...lines: string[]) => write("shop/stigmer-local.yaml", home, "headless: true", ...lines);
      const file = change(`port: ${port}`, "namespaces: [orders]");
      const first = await statusOf("shop/src", "start");
      assertEquals([first.paths.home, first.paths.project], [join(path, "var/home"), file]);
      assert(!existsSync(join(path, "shop/.stigmer")));
      assert(!existsSync(join(path, "var/home/.gitignore")), "it is not below the project file");
      await statusOf("shop", "status");
      assert(existsSync(join(path, "var/home/project.read.json")));

      change(`port: ${port}`, "namespaces: [orders, billing]", "search_attributes: { Customer: Keyword }");
      const second = await statusOf("shop/sub", "start");
      assertEquals([second.reused, second.temporal?.pid], [true, first.temporal!.pid]);
      assertEquals(second.namespaces, ["default", "orders", "billing"]);
      assertEquals((await statusOf("shop", "status", "--namespace", "billing")).namespace, "billing");

      change(`port: ${other.port}`, "namespaces: [orders, billing]", "restart: { max: 3 }");
      const refused = await run("shop", ["start"]);
      assertEquals(refused.code, 1);
      assertStringIncludes(refused.stderr, `port is ${port}, requested ${other.port}`);
      assertStringIncludes(refused.stderr, "`stigmer-local restart`");
      assertEquals((await statusOf("shop", "status")).temporal?.pid, first.temporal!.pid, "nothing was touched");
      const third = await statusOf("shop", "restart");
      assertEquals(third.address, `127.0.0.1:${other.port}`);
      assert((await statusOf("shop", "start")).reused);
    }));

  it("starts one process when code that failed is fixed, although a start was tried in between", async () => {
    const { port } = await freePorts();
    await withStack([`  api: { command: [node, api.cjs], port: ${port}, watch: [api.cjs] }`], async (stack) => {
      stack.write("api.cjs", "process.exit(1);");
      for (const _ of [1, 2]) {
        assertStringIncludes((await stack.run("start")).stderr, "api exited before it was ready");
      }
      stack.write("api.cjs", `require("node:net").createServer().listen(${port}, "127.0.0.1");`);
      const { adopted } = await stack.untilProcess("api", "is ready", ({ ready }) => ready);
      assertEquals(adopted, false);
      const events = eventsOf(stack).map(({ event }) => event);
      const since = events.slice(events.lastIndexOf("failed")).filter((each) => /^(changed|adopted)$/.test(each));
      assertEquals(since, ["changed"]);
    });
  });

  it("is ignored with --no-project, whose hints name it again", () =>
    withInstance((instance) =>
      withProjects(["shop/.stigmer"], async ({ write, run }) => {
        write("shop/stigmer-local.yaml", "port: 1", "headless: true");
        const started = await instance.start(["--headless"]);
        const flags = ["--no-project", "--home", instance.home];
        const { stdout } = await run("shop", ["status", "--json", ...flags]);
        assertEquals(JSON.parse(stdout).temporal.pid, started.temporal!.pid);
        assertEquals(JSON.parse(stdout).paths.project, null);
        const refused = await run("shop", ["start", "--port", "7999", ...flags]);
        assertStringIncludes(refused.stderr, `stigmer-local restart --home '${instance.home}' --no-project`);
        // Another home for the same project.
        const other = await run("shop", ["config", "--json", "--home", instance.home]);
        assertEquals(JSON.parse(other.stdout).settings.find(({ key }: { key: string }) => key === "port").value, 1);
      })
    ));

  it("gives its settings to run --ephemeral, in whose command the tool means the ephemeral instance", () =>
    withProjects(["shop/.stigmer"], async ({ path, write, run }) => {
      write("shop/stigmer-local.yaml", "port: 1", "namespaces: [orders]");
      const tool = ownTool();
      const { code, stdout, stderr } = await run("shop", ["run", "--ephemeral", "--", ...tool, "start", "--json"]);
      assertEquals(code, 0, stdout + stderr);
      const status = JSON.parse(stdout);
      assertEquals([status.reused, status.namespace, status.paths.project], [true, "orders", null]);
      assert(!existsSync(join(path, "shop/.stigmer")));
    }));

  it("is what the library starts, unless it is told otherwise", () =>
    withProjects([], async ({ path, write }) => {
      // In this process, the variable that keeps tests from project files is set.
      const file = write("shop/stigmer-local.yaml", "namespaces: [orders]");
      const before = process.env["STIGMER_PROJECT"];
      process.env["STIGMER_PROJECT"] = file;
      try {
        await using inProject = await startTemporal({ ephemeral: true });
        assertEquals(inProject.namespace, "orders");
        await using without = await startTemporal({ ephemeral: true, project: false });
        assertEquals(without.namespace, "default");
      } finally {
        process.env["STIGMER_PROJECT"] = before;
      }
      assert(!existsSync(join(path, "shop/.stigmer")));
      assertEquals(readFileSync(file, "utf8"), "namespaces: [orders]\n");
    }));
});
