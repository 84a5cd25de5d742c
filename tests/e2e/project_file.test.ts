import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { EffectiveSetting } from "../../lib/cli/effective_settings.ts";
import type { ProcessSettings } from "../../lib/config/processes.ts";
import { ROOT } from "./support.ts";
import { type TestFolder, withProjects } from "./support_projects.ts";

interface Config {
  home: string;
  project: string | null;
  file: string;
  settings: EffectiveSetting[];
  processes: ProcessSettings[];
}

async function configOf(
  { run }: TestFolder,
  cwd: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Config> {
  const { code, stdout } = await run(cwd, ["config", "--json", ...args], env);
  assertEquals(code, 0, stdout);
  return JSON.parse(stdout) as Config;
}

function settingOf({ settings }: Config, wanted: string): [value: unknown, source: string] {
  const { value, source } = settings.find(({ key }) => key === wanted)!;
  const isProject = source.kind === "file" && source.isProject === true;
  return [value, isProject ? "project" : source.kind];
}

describe("a project file", () => {
  it("comes after flags and the environment, and before the home's config.yaml", () =>
    withProjects([], async (folder) => {
      const file = folder.write("shop/stigmer-local.yaml", "port: 7301", "ip: 127.0.0.3", "log_level: info");
      const home = join(folder.path, "shop/.stigmer");
      mkdirSync(home, { mode: 0o700 });
      folder.write(
        "shop/.stigmer/config.yaml",
        "backend: { local: { temporal: { port: 7302, ip: 127.0.0.4, log_level: warn, ui_port: 8302, headless: true } } }",
      );
      const config = await configOf(folder, "shop/src", ["--port", "7299"], { STIGMER_IP: "127.0.0.2" });
      assertEquals([config.home, config.project, config.file], [home, file, join(home, "config.yaml")]);
      assertEquals(settingOf(config, "port"), [7299, "flag"]);
      assertEquals(settingOf(config, "ip"), ["127.0.0.2", "environment"]);
      assertEquals(settingOf(config, "log_level"), ["info", "project"]);
      assertEquals(settingOf(config, "ui_port"), [8302, "file"]);

      const { stdout } = await folder.run("shop", ["config"]);
      assertStringIncludes(stdout, `${file}  stigmer-local.yaml\n`);
      assert(/^port +7301 +stigmer-local\.yaml:1$/m.test(stdout), stdout);
      assert(/^ui_port +8302 +config\.yaml:1$/m.test(stdout), stdout);
      assertEquals((await configOf(folder, "shop", ["--no-project"])).project, null);
      assertEquals((await configOf(folder, "shop", [], { STIGMER_PROJECT: "off" })).project, null);
      assertEquals((await configOf(folder, ".", [], { STIGMER_PROJECT: "shop/stigmer-local.yaml" })).project, file);
      assertEquals((await configOf(folder, "shop", [], { STIGMER_HOME: "/h" })).home, "/h");
    }));

  it("resolves its paths against its own folder, and shows its processes", () =>
    withProjects([], async (folder) => {
      const lines = ["db_filename: data/t.db", "home: ../homes/shop", "temporal_bin: ~/bin/temporal", "processes:"];
      folder.write(
        "shop/stigmer-local.yaml",
        ...lines,
        "  api: { command: ./api, directory: services/api, watch: src }",
      );
      const config = await configOf(folder, "shop/web/src", [], { HOME: "/home/me" });
      const { path } = folder;
      assertEquals(config.home, join(path, "homes/shop"));
      assertEquals(settingOf(config, "home"), [join(path, "homes/shop"), "project"]);
      assertEquals(settingOf(config, "db_filename"), [join(path, "shop/data/t.db"), "project"]);
      assertEquals(config.processes.map(({ name, directory, watch }) => ({ name, directory, watch })), [
        { name: "api", directory: join(path, "shop/services/api"), watch: [join(path, "shop/src")] },
      ]);
      assert(/^processes +api +stigmer-local\.yaml:4$/m.test((await folder.run("shop", ["config"])).stdout));
    }));

  it("is refused by name if others may write to it, whatever the command", () =>
    withProjects([], async ({ write, run }) => {
      const file = write("shop/stigmer-local.yaml", "port: 7301");
      chmodSync(file, 0o666);
      for (const command of ["start", "status", "stop", "config", "env", "logs", "doctor", "wait"]) {
        const { code, stdout, stderr } = await run("shop/src", [command]);
        assertEquals([code, stdout], [1, ""], command);
        assertStringIncludes(stderr, `error: Cannot use ${file}: others may write to it (mode 666)`);
        assertStringIncludes(stderr, `hint: \`chmod go-w '${file}'\``);
      }
      const { error } = JSON.parse((await run("shop", ["status", "--json"])).stdout);
      assertEquals([error.code, error.facts], ["project-unusable", { path: file, mode: "666" }]);
      assertEquals((await run("shop", ["status", "--no-project", "--home", "h"])).code, 3);
      for (const command of ["help", "version"]) assertEquals((await run("shop", [command])).code, 0);
    }));

  it("names the line, and the nearest key, of a fault; stop, logs and doctor go on", () =>
    withProjects([], async ({ path, write, run }) => {
      const file = write("shop/stigmer-local.yaml", "# ours", "home: data", "prot: 7301");
      for (const args of [["start"], ["status"], ["run", "--", "true"], ["config"]]) {
        const { code, stderr } = await run("shop/src", args);
        assertEquals(code, 2, args[0]);
        assertEquals(stderr, `error: ${file}:3: Unknown key \`prot\`\nhint: Did you mean \`port\`?\n`);
      }
      const stop = await run("shop/src", ["stop"]);
      assertEquals(stop.code, 0);
      assertStringIncludes(stop.stderr, `warning: ignoring stigmer-local.yaml: ${file}:3: Unknown key \`prot\``);
      // Nothing is at the home that it names, not even when it is not YAML.
      for (const fault of ["prot: 7301", "port: [", "processes: { a: {} }"]) {
        write("shop/stigmer-local.yaml", "# ours", "home: data", fault);
        const { stderr } = await run("shop", ["logs"]);
        assertStringIncludes(stderr, join(path, "shop/data/logs/temporal.log"), fault);
      }
      mkdirSync(join(path, "folder/stigmer-local.yaml"), { recursive: true });
      const unread = await run("folder", ["stop"]);
      assertStringIncludes(unread.stderr, "warning: ignoring stigmer-local.yaml: Cannot read ");
      const { checks } = JSON.parse((await run("shop", ["doctor", "--json"])).stdout);
      const { state, detail, remedy } = checks.find(({ name }: { name: string }) => name === "config");
      assertEquals([state, remedy], ["fail", `$EDITOR '${file}' (For example \`command: npm run worker\`)`]);
      assertStringIncludes(detail, `${file}:3: \`processes.a\` has no \`command\``);
    }));

  it("that is empty, or only comments, still makes a project", () =>
    withProjects([], async (folder) => {
      for (const lines of [[], ["# nothing yet"], ["processes:"]]) {
        folder.write("shop/stigmer-local.yaml", ...lines);
        assertEquals((await configOf(folder, "shop")).home, join(folder.path, "shop/.stigmer"));
      }
    }));

  it("is read again when it has changed, or its cache is damaged", () =>
    withProjects([], async (folder) => {
      const cache = join(folder.path, "shop/.stigmer/project.read.json");
      mkdirSync(join(cache, ".."), { mode: 0o700, recursive: true });
      for (const port of [7301, 7302]) {
        folder.write("shop/stigmer-local.yaml", `port: ${port}`);
        for (let times = 0; times < 2; times++) {
          assertEquals(settingOf(await configOf(folder, "shop"), "port"), [port, "project"]);
        }
        assertStringIncludes(readFileSync(cache, "utf8"), `"text":"${port}"`);
      }
      for (const damage of ["", "{", "null", '{"sha256":1}']) {
        writeFileSync(cache, damage);
        assertEquals(settingOf(await configOf(folder, "shop"), "port"), [7302, "project"]);
      }
      chmodSync(join(cache, ".."), 0o777);
      writeFileSync(cache, readFileSync(cache, "utf8").replaceAll("7302", "7303"));
      assertEquals(
        settingOf(await configOf(folder, "shop"), "port"),
        [7302, "project"],
        "others may write to the cache",
      );
    }));

  it("that is no file, or leads nowhere, is an error that names it", () =>
    withProjects([], async ({ path, run }) => {
      mkdirSync(join(path, "folder/stigmer-local.yaml"), { recursive: true });
      mkdirSync(join(path, "link"));
      symlinkSync("/nowhere", join(path, "link/stigmer-local.yaml"));
      for (const [cwd, why] of [["folder", "not a regular file"], ["link", "a dangling link"]] as const) {
        const { code, stderr } = await run(cwd, ["status"]);
        assertEquals(code, 1);
        assertStringIncludes(stderr, `error: Cannot read ${join(path, cwd, "stigmer-local.yaml")}: ${why}`);
      }
      const missing = await run(".", ["status"], { STIGMER_PROJECT: "gone.yaml" });
      assertEquals(missing.code, 1);
      assertStringIncludes(missing.stderr, `The project file ${join(path, "gone.yaml")} does not exist`);
    }));
});

describe("init", () => {
  it("writes a project file that fits the folder, and overwrites nothing", () =>
    withProjects([], async (folder) => {
      const { path, write, run } = folder;
      write("node/package.json", JSON.stringify({ scripts: { build: "tsc", "start:worker": "node lib/worker.js" } }));
      write("node/src/worker.ts");
      write("python/pyproject.toml");
      write("python/run_worker.py");
      write("python/uv.lock");
      write("plain/readme.txt");
      const commands = { node: "npm run start:worker", python: "uv run python run_worker.py", plain: null };
      for (const [kind, command] of Object.entries(commands)) { // Go: tests/project/init/detect_workers.test.ts
        const file = join(path, kind, "stigmer-local.yaml");
        const { code, stdout, stderr } = await run(kind, ["init"]);
        assertEquals([code, stderr], [0, ""]);
        assertStringIncludes(stdout, `Wrote ${file}`);
        const { project, processes } = await configOf(folder, kind);
        assertEquals([project, ...processes.map((each) => each.command)], [
          file,
          ...(command === null ? [] : [command]),
        ]);
        const text = readFileSync(file, "utf8");
        const again = await run(kind, ["init"]);
        assertEquals([again.code, again.stderr.split("\n")[0]], [1, `error: ${file} already exists`]);
        assertEquals(readFileSync(file, "utf8"), text);
        // Without its comment signs, it is a whole project file.
        writeFileSync(file, text.replaceAll(/^( *)# (?=( *)[\w.]+:)/gm, "$1"));
        const full = await configOf(folder, kind);
        assertEquals(settingOf(full, "port")[1], "project");
        assertEquals(
          full.processes.map(({ readyWhen }) => readyWhen.kind),
          ["task-queues"],
          readFileSync(file, "utf8"),
        );
      }
      const inner = await run("node/packages/api", ["init", "--json"]);
      assertEquals(JSON.parse(inner.stdout), {
        schema: 1,
        path: join(path, "node/packages/api/stigmer-local.yaml"),
        manifests: [],
        processes: [],
      });
      assertEquals((await run("plain", ["init", "here"])).code, 2);
    }));

  it("says which file no longer counts", () =>
    withProjects([], async ({ path, write, run }) => {
      const outer = write("shop/stigmer-local.yaml", "port: 7301");
      const { code, stderr } = await run("shop/api", ["init"]);
      assertEquals([code, stderr], [0, `From here on down, the new file counts instead of ${outer}\n`]);
      assert(existsSync(join(path, "shop/api/stigmer-local.yaml")));
      const refused = await run("shop", ["init", "--json"]);
      assertEquals([refused.code, JSON.parse(refused.stdout).error.code], [1, "file-exists"]);
    }));
});

describe("config --schema", () => {
  it("prints the JSON Schema that is shipped", () =>
    withProjects([], async ({ write, run }) => {
      write("shop/stigmer-local.yaml", "prot: 1"); // also where the file is at fault
      const { code, stdout } = await run("shop", ["config", "--schema"]);
      assertEquals([code, stdout], [0, readFileSync(join(ROOT, "schema/stigmer-local.schema.json"), "utf8")]);
      const { files } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
      assert(files.includes("schema"), `${files}`);
    }));
});
