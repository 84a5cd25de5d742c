import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { detectWorkers, type Findings } from "../../../lib/project/init/detect_workers.ts";

/** What is found in a folder with these files. */
function look(files: Record<string, string>): Findings {
  const at = (path: string) => path.replace(/^\/shop\//, "");
  return detectWorkers({
    exists: (path) => Object.keys(files).some((file) => file === at(path) || file.startsWith(`${at(path)}/`)),
    readText: (path) => at(path) in files ? { text: files[at(path)]! } : { refused: "missing" },
  }, "/shop");
}

const commandOf = (files: Record<string, string>) => look(files).workers[0]?.command ?? null;
const scripts = (lines: Record<string, string>) => ({ "package.json": JSON.stringify({ scripts: lines }) });

describe("detectWorkers()", () => {
  it("finds the script of package.json that runs a worker, and its package manager", () => {
    assertEquals(commandOf(scripts({ start: "x", worker: "node w.js", "worker:watch": "y" })), "npm run worker");
    assertEquals(commandOf(scripts({ "build:worker": "x", "start:worker": "y" })), "npm run start:worker");
    assertEquals(
      commandOf(scripts({ "start": "ts-node src/worker.ts", "start.watch": "nodemon src/worker.ts" })),
      "npm run start",
    );
    assertEquals(commandOf({ ...scripts({ worker: "x" }), "pnpm-lock.yaml": "" }), "pnpm run worker");
    for (const lines of [{ start: "node server.js" }, { "a b; worker": "x" }, {}]) {
      assertEquals(commandOf(scripts(lines)), null);
    }
    for (const text of ["", "null", "[", '{"scripts":null}', '{"scripts":{"worker":1}}']) {
      assertEquals(look({ "package.json": text }), { manifests: ["package.json"], workers: [], schema: null }, text);
    }
  });

  it("finds the program of go.mod and the script of pyproject.toml", () => {
    assertEquals(look({ "go.mod": "", "cmd/worker/main.go": "", "internal/x.go": "" }).workers, [
      { name: "worker", command: "go run ./cmd/worker", watch: ["cmd/worker", "internal"] },
    ]);
    assertEquals(
      commandOf({ "pyproject.toml": "", "src/worker.py": "", "poetry.lock": "" }),
      "poetry run python src/worker.py",
    );
    assertEquals(
      commandOf({ "pyproject.toml": "", "worker.py": "", ".venv/bin/python": "" }),
      ".venv/bin/python worker.py",
    );
    assertEquals(commandOf({ "worker.py": "" }), null, "nothing says what kind of project it is");
  });

  it("gives several workers names of their own, and finds the schema of the package", () => {
    const { manifests, workers, schema } = look({
      ...scripts({ worker: "x" }),
      ...{ "go.mod": "", "worker/main.go": "", "node_modules/stigmer-local/schema/stigmer-local.schema.json": "" },
    });
    assertEquals(manifests, ["package.json", "go.mod"]);
    assertEquals(workers.map(({ name }) => name), ["worker", "worker-2"]);
    assertEquals(schema, "node_modules/stigmer-local/schema/stigmer-local.schema.json");
  });
});
