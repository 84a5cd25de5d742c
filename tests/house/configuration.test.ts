import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { importsOf, read, sourceFiles } from "./support.ts";

type Json = Record<string, unknown>;
const readJson = (path: string): Json => JSON.parse(read(path)) as Json;

const PACKAGES = ["assert", "cli", "fs"];
const npm = readJson("package.json");
const deno = readJson("deno.json");
/** Separate projects with a package.json of their own, for Node only. */
const EXAMPLES = ["examples/workflow/", "examples/project-typescript/", "examples/project-monorepo/"];
const workbench = readJson("scripts/workbench/package.json");
const dependencies: Json = {
  ...npm["dependencies"] as Json,
  ...npm["devDependencies"] as Json,
  ...workbench["dependencies"] as Json,
};

describe("the configurations", () => {
  it("of Deno, online and offline, differ only in links", () => {
    const { links, ...offline } = readJson("deno.offline.json");
    assertEquals(offline, deno);
    assertEquals(links, PACKAGES.map((name) => `./compat/std/${name}`));
  });

  it("of Deno and npm have the same version and the same versions of npm packages", () => {
    assertEquals(deno["version"], npm["version"]);
    for (const [name, specifier] of Object.entries(deno["imports"] as Record<string, string>)) {
      if (specifier.startsWith("npm:")) assertEquals(specifier, `npm:${name}@${dependencies[name]}`);
    }
  });

  it("and the code have the same version of a package that is imported by its full name", () => {
    const versions = sourceFiles("lib").flatMap((path) => [...read(path).matchAll(/"npm:([^@"]+)@([^"]+)"/g)]);
    assert(versions.length > 0);
    for (const [, name, version] of versions) assertEquals(version, dependencies[name!], name);
  });

  it("map every @std package to the real one on Deno and to compat/std on Node", () => {
    for (const name of PACKAGES) {
      assertEquals((deno["imports"] as Json)[`@std/${name}`], `jsr:@std/${name}@^1`);
      assertEquals(dependencies[`@std/${name}`], `file:./compat/std/${name}`);
    }
  });

  it("give each package of compat/std the same name, version and files for Deno and npm", () => {
    for (const name of PACKAGES) {
      const ours = readJson(`compat/std/${name}/package.json`);
      assertEquals(ours["name"], `@std/${name}`);
      const { version, exports } = ours;
      assertEquals(readJson(`compat/std/${name}/deno.json`), { name: `@std/${name}`, version, exports });
      assert(String(version).startsWith("1."), "deno.json asks for @^1");
    }
  });

  it("name every bare import of the code", () => {
    const bare = ["lib", "scripts", "tests", "bench", "."].flatMap(sourceFiles)
      .filter((path) => !path.includes("node_modules") && !path.startsWith("."))
      .filter((path) => !EXAMPLES.some((example) => path.startsWith(example)))
      .flatMap(importsOf)
      .filter(({ specifier }) => !/^(\.|node:)/.test(specifier))
      .map(({ specifier }) => /^(@[^/]+\/)?[^/]+/.exec(specifier)![0]);
    for (const name of new Set(bare)) {
      assert(name in (deno["imports"] as Json), `deno.json does not have ${name}`);
      assert(name in dependencies, `package.json does not have ${name}`);
    }
  });

  it("of the examples name their bare imports, in the versions that are installed here", () => {
    const [installed, ...others] = EXAMPLES.map((example) => readJson(`${example}package.json`));
    for (const example of EXAMPLES) {
      const { dependencies } = readJson(`${example}package.json`);
      const bare = sourceFiles(example).filter((path) => !path.includes("node_modules")).flatMap(importsOf)
        .filter(({ specifier }) => !/^(\.|node:)/.test(specifier));
      assert(bare.length > 0);
      for (const { specifier } of bare) assert(specifier in (dependencies as Json), `${example}: ${specifier}`);
    }
    for (const { dependencies, devDependencies } of others) {
      const { "@temporalio/common": _, ...named } = dependencies as Json; // comes with the others, in their version
      assertEquals({ ...installed!["dependencies"] as Json, ...named }, installed!["dependencies"]);
      assertEquals(devDependencies, installed!["devDependencies"]);
    }
  });
});
