import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { startTemporal } from "../../mod.ts";
import { freePorts } from "../free_ports.ts";
import { isAlive, ownRuntime, toolCommand, until, withInstance } from "./support.ts";
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
      for (const cwd of ["shop", "shop/src", "shop/src/deep"]) {
        assertEquals((await statusOf(cwd, "status")).temporal?.pid, started.temporal!.pid, cwd);
        assertEquals((await statusOf(cwd, "wait")).paths.project, file, cwd);
        assertStringIncludes((await run(cwd, ["env"])).stdout, `export TEMPORAL_ADDRESS='${started.address}'`);
        assertEquals((await run(cwd, ["logs", "-n", "1"])).code, 0);
      }
      assertStringIncludes((await run("shop/src", ["status"])).stdout, `  Project    ${file}\n  Home       ${home}\n`);
      assertEquals((await statusOf("elsewhere", "status", "--home", home)).paths.project, null);

      // The command of `run` finds this instance wherever it works.
      folder.write("elsewhere/stigmer-local.yaml", "port: 1");
      const inner = ["sh", "-c", 'cd ../elsewhere && exec "$@" status --json', "sh", ...toolCommand(ownRuntime)];
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

  it("is an instance of its own in each checkout, side by side with automatic ports", () =>
    withProjects(["one/.stigmer", "two/.stigmer"], async ({ write, run, statusOf }) => {
      for (const checkout of ["one", "two"]) write(`${checkout}/stigmer-local.yaml`, "port: auto", "headless: true");
      const [one, two] = await Promise.all([statusOf("one", "start"), statusOf("two/sub", "start")]);
      assertNotEquals(one.address, two.address);
      assertEquals((await run("one", ["stop"])).code, 0);
      const left = await statusOf("two", "status");
      assertEquals([left.temporal?.pid, left.healthy], [two.temporal!.pid, true]);
      assertEquals((await statusOf("two", "restart")).address, two.address, "the port is kept");
      assertEquals((await run("two/sub", ["stop"])).code, 0);
    }));

  it("gets what was only added to its file by start, and the rest by restart", () =>
    withProjects(["shop/.stigmer"], async ({ write, run, statusOf }) => {
      const [{ port }, other] = [await freePorts(), await freePorts()];
      const change = (...lines: string[]) => write("shop/stigmer-local.yaml", "headless: true", ...lines);
      change(`port: ${port}`, "namespaces: [orders]");
      const first = await statusOf("shop", "start");

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
      assertEquals((await run("shop", ["stop"])).code, 0);
    }));

  it("starts one process when code that failed is fixed, although a start was tried in between", () =>
    withProjects(["shop/.stigmer"], async ({ write, run, statusOf }) => {
      const { port } = await freePorts();
      write("shop/api.cjs", "process.exit(1);");
      write(
        "shop/stigmer-local.yaml",
        ...["port: auto", "headless: true", "processes:", "  api:", "    command: [node, api.cjs]"],
        ...[`    port: ${port}`, "    watch: [api.cjs]"],
      );
      for (const _ of [1, 2]) {
        assertStringIncludes((await run("shop", ["start"])).stderr, "api exited before it was ready");
      }
      write("shop/api.cjs", `require("node:net").createServer().listen(${port}, "127.0.0.1");`);
      await until(
        "it is ready",
        async () => JSON.parse((await run("shop", ["status", "--json"])).stdout).processes[0].ready,
      );
      const events = (await run("shop", ["logs", "--supervisor"])).stdout.split("\n");
      const changes = events.slice(events.findLastIndex((line) => line.includes('"failed"')) + 1)
        .filter((line) => line.includes('"changed"') || line.includes('"adopted"'));
      assertEquals(changes.length, 1, changes.join("\n"));
      assertEquals((await statusOf("shop", "status")).processes?.[0]?.adopted, false);
      assertEquals((await run("shop", ["stop"])).code, 0);
    }));

  it("may name its home, and works far down, where the path of a socket is too long", () => {
    const deep = "d".repeat(60) + "/" + "e".repeat(60);
    return withProjects([`${deep}/.stigmer`, "var/home"], async ({ path, write, run, statusOf }) => {
      write(`${deep}/stigmer-local.yaml`, "port: auto", "headless: true");
      const far = await statusOf(`${deep}/sub`, "start");
      assertEquals(far.paths.home, join(path, deep, ".stigmer"));
      assertEquals((await statusOf(deep, "status")).temporal?.pid, far.temporal!.pid);
      assertEquals((await run(deep, ["stop"])).code, 0);

      const file = write(
        "shop/stigmer-local.yaml",
        "home: ../var/home # not in the checkout",
        "port: auto",
        "headless: true",
      );
      const near = await statusOf("shop/src", "start");
      assertEquals([near.paths.home, near.paths.project], [join(path, "var/home"), file]);
      assert(!existsSync(join(path, "shop/.stigmer")));
      assert(!existsSync(join(path, "var/home/.gitignore")), "it is not below the project file");
      await statusOf("shop", "status");
      assert(existsSync(join(path, "var/home/project.read.json")));
      assertEquals((await run("shop", ["stop"])).code, 0);
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
      const tool = toolCommand(ownRuntime);
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
