// test: seconds 900
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, it } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { projectFiles } from "../house/support.ts";
import { about, type Ended, isAlive, ROOT, until, withInstance } from "./support.ts";
import { runCaller } from "./support_callers.ts";

const NAME = "stigmer-local";
const { STIGMER_TEST_DENO: deno = "", STIGMER_TEST_NODE24: node24 } = process.env;

// The npm package is for Node, and the JSR package for Deno.
about("node", "the npm package", () => {
  const folder = mkdtempSync(join(tmpdir(), "sl-package-"));
  const [clone, project] = [join(folder, "clone"), join(folder, "project")];
  let packed: { filename: string; files: { path: string }[] };

  before(async () => {
    for (const file of projectFiles()) cpSync(join(ROOT, file), join(clone, file));
    const identity = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"];
    for (const args of [["init", "--quiet"], ["add", "."], [...identity, "commit", "--quiet", "--message", "All"]]) {
      const { code, stderr } = await run(["git", ...args], clone);
      assertEquals(code, 0, stderr);
    }
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), '{ "type": "module" }');
    // npm builds and packs it as `npm pack` does in a clone with node_modules.
    await npm(["install", "--prefer-offline", `git+file://${clone}`], project);
    const installed = join(project, "node_modules", NAME);
    const pack = await npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], installed);
    const answer = JSON.parse(pack.stdout) as typeof packed[] | Record<string, typeof packed>; // an object by name since npm 12
    packed = Object.values(answer)[0]!;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("can be installed with `npm install git+file://…`, and knows its commit", async () => {
    const { code, stdout } = await run([join(project, "node_modules", ".bin", NAME), "version", "--json"], project);
    assertEquals(code, 0);
    assertMatch(JSON.parse(stdout).commit, /^[0-9a-f]{40}$/);
  });

  it("cannot be packed in a fresh clone without node_modules, which names what is missing", async () => {
    const { code, stderr } = await run(["npm", "pack", "--loglevel=error"], clone);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "run `scripts/node_modules.sh dev` first");
    assert(!/\n +at /.test(stderr), stderr);
  });

  it("contains the code and its types, and no tests or scripts", () => {
    const wrong = packed.files.map(({ path }) => path).filter((path) =>
      !/^(package\.json|((lib\/)?README|CHANGELOG|CONTRIBUTING|docs\/[\w-]+)\.md|schema\/[\w.-]+\.schema\.json|dist\/((mod|stigmer-local)\.mjs(\.map)?|types\/.+\.d\.ts))$/
        .test(path)
    );
    assertEquals(wrong, []);
  });

  it("has a README that links to nothing outside it", () => {
    const paths = packed.files.map(({ path }) => path);
    const links = [...readFileSync(join(ROOT, "README.md"), "utf8").matchAll(/\]\(([^)#]+)[^)]*\)/g)]
      .map(([, target]) => target!).filter((target) => !target.startsWith("https://"));
    assert(links.length > 5);
    assertEquals(links.filter((target) => !paths.includes(target)), []);
  });

  it("has only the dependencies that it needs", async () => {
    const { problems, dependencies } = JSON.parse((await npm(["ls", "--all", "--json"], project)).stdout);
    assertEquals(problems, undefined);
    assertEquals(Object.keys(dependencies), ["stigmer-local"]);
    // SQLite is for Node before 22.13.
    const names = readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith("."));
    assertEquals(names.sort(), ["node-sqlite3-wasm", NAME]);
  });

  it("starts, shows its status and stops as `npx stigmer-local`", () =>
    withInstance(async ({ home, port, ...instance }) => {
      const npx = (...args: string[]) =>
        runCaller(["npx", "--no-install", "stigmer-local", ...args, "--home", home], { cwd: project });
      const started = await npx("start", "--port", `${port}`, "--headless");
      assertEquals(started.code, 0, started.stderr);
      assertMatch(started.stdout, /^● Temporal is running\n/);
      const command = (...args: string[]) =>
        runCaller([join(project, "node_modules", ".bin", NAME), ...args, "--home", home]);
      const told = JSON.parse((await command("status", "--json")).stdout);
      assertEquals([told.state, told.supervisor.version], ["running", process.versions.node]);
      assertEquals((await instance.status()).temporal?.pid, told.temporal.pid);
      assertEquals((await command("stop")).code, 0);
      assert(!isAlive(told.temporal.pid));
    }));

  it("starts when it is installed with `npm install --global`", () =>
    withInstance(async (instance) => {
      const prefix = join(folder, "global");
      await npm(["install", "--global", "--prefix", prefix, "--prefer-offline", join(folder, packed.filename)], folder);
      const command = (...args: string[]) => runCaller([join(prefix, "bin", NAME), ...args, "--home", instance.home]);
      const started = await command("start", "--port", `${instance.port}`, "--headless");
      assertEquals(started.code, 0, started.stderr);
      assertEquals((await instance.status()).healthy, true);
    }));

  it("starts under Node 24, which runs no TypeScript in node_modules", (t) =>
    withInstance(async (instance) => {
      if (node24 === undefined) return t.skip("Node 24 is not installed");
      const command = [node24, join(project, "node_modules", ".bin", "stigmer-local"), "start", "--json", "--headless"];
      const { code, stdout, stderr } = await runCaller(
        [...command, "--home", instance.home, "--port", `${instance.port}`],
        { cwd: project },
      );
      assertEquals([code, stderr], [0, ""]);
      assertMatch(JSON.parse(stdout).supervisor.version, /^24\./);
    }));

  it("is a library for modules and for CommonJS, and its server is removed with the process", async () => {
    const user = `
      const temporal = await startTemporal({ ephemeral: true });
      const { healthy, supervisor } = await temporal.status();
      const error = await startTemporal({ prot: 1 }).catch((error) => error);
      console.log(JSON.stringify([healthy, supervisor.pid, error instanceof LocalError, error.code]));`;
    writeFileSync(
      join(project, "user.mjs"),
      `import { LocalError, startTemporal } from ${JSON.stringify(NAME)};${user}`,
    );
    writeFileSync(
      join(project, "user.cjs"),
      `(async () => { const { LocalError, startTemporal } = await import(${JSON.stringify(NAME)});${user} })();`,
    );
    for (const name of ["user.mjs", "user.cjs"]) {
      const { code, stdout, stderr } = await runCaller([process.execPath, name], { cwd: project });
      assertEquals([code, stderr], [0, ""], name);
      const [healthy, pid, isLocalError, errorCode] = JSON.parse(stdout);
      assertEquals([healthy, isLocalError, errorCode], [true, true, "usage"]);
      await until("its supervisor is gone", () => !isAlive(pid));
    }
  });

  it("has types that a strict compiler accepts", async () => {
    const source = `import { type LocalError, startTemporal, type Status } from ${JSON.stringify(NAME)};
      export async function address(): Promise<[string, Status["state"], LocalError["code"]]> {
        await using temporal = await startTemporal({ ephemeral: true, namespaces: ["orders"] });
        return [temporal.address, (await temporal.status()).state, "port-taken"];
      }`;
    writeFileSync(join(project, "user.mts"), source);
    const options = [
      "--noEmit",
      "--strict",
      "--module",
      "nodenext",
      "--lib",
      "es2022,esnext.disposable",
      "--types",
      "",
    ];
    const tsc = [process.execPath, join(ROOT, "node_modules", "typescript", "bin", "tsc"), ...options, "user.mts"];
    const { code, stdout } = await runCaller(tsc, { cwd: project });
    assertEquals([code, stdout], [0, ""]);
  });
});

about("deno", "the package for JSR", () => {
  it("can be published, with only the tool in it", async () => {
    const config = join(ROOT, "deno.offline.json");
    const words = [deno, "publish", "--dry-run", "--allow-dirty", "--no-check", "--config", config];
    const { code, stdout, stderr } = await runCaller(words, { cwd: ROOT, env: { NO_COLOR: "1" } });
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, "Success Dry run complete");
    const parts = [...(stdout + stderr).matchAll(/^ +file:\S*?\/([^/\s]+) \(/gm)].length;
    assert(parts > 100, stderr);
    assert(!/file:\S*\/(tests|scripts|bench|examples|node_modules)\//.test(stdout + stderr), stderr);
  });
});

async function npm(args: readonly string[], cwd: string): Promise<Ended> {
  const ended = await run(["npm", ...args, "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"], cwd);
  assertEquals(ended.code, 0, `npm ${args[0]}: ${ended.stdout}${ended.stderr}`);
  return ended;
}

function run([file, ...args]: string[], cwd: string): Promise<Ended> {
  const certificates = process.env["STIGMER_TEST_EXTRA_CA_CERTS"]; // npm may need the registry
  const env = { ...process.env, NO_COLOR: "1", NODE_EXTRA_CA_CERTS: certificates };
  return new Promise((resolve) => {
    execFile(file!, args, { cwd, env, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : null;
      resolve({ code, signal: error?.signal ?? null, stdout, stderr: code === null ? `${stderr}${error}` : stderr });
    });
  });
}
