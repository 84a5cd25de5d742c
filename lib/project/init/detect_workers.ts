import type { Host } from "../../platform/runtime/host.ts";
import { isObject, parseJson } from "../../text/json_value.ts";

/** A worker that a project seems to have. */
export interface Worker {
  name: string;
  /** As a shell takes it. */
  command: string;
  /** Folders with its source. */
  watch: readonly string[];
}

/** What a folder says about its project. */
export interface Findings {
  /** The files that say what kind of project it is. */
  manifests: readonly string[];
  workers: readonly Worker[];
  /** The JSON Schema of project files that an installed package brings, relative to the folder; null = none. */
  schema: string | null;
}

const MAX_BYTES = 1024 * 1024;
const SCHEMA = "node_modules/stigmer-local/schema/stigmer-local.schema.json";

type Files = Pick<Host, "exists" | "readText">;

/** Looks at the manifests in `folder` for workers. Runs nothing. */
export function detectWorkers(host: Files, folder: string): Findings {
  const has = (path: string) => host.exists(`${folder}/${path}`);
  const found = LOOKS.filter(({ manifest }) => has(manifest)).map(({ manifest, find }) => ({
    manifest,
    worker: find(has, () => textOf(host, `${folder}/${manifest}`)),
  }));
  const workers = found.flatMap(({ worker }) => worker ?? []);
  return {
    manifests: found.map(({ manifest }) => manifest),
    workers: workers.map((worker, index) => index === 0 ? worker : { ...worker, name: `worker-${index + 1}` }),
    schema: has(SCHEMA) ? SCHEMA : null,
  };
}

type Has = (path: string) => boolean;

/** The manifests that are looked at, and what finds a worker beside each. */
const LOOKS: readonly { manifest: string; find(has: Has, read: () => string): Worker | null }[] = [
  { manifest: "package.json", find: nodeWorker },
  { manifest: "go.mod", find: goWorker },
  { manifest: "pyproject.toml", find: pythonWorker },
];

/** What runs scripts, by the file that says so; npm where there is none. */
const MANAGERS = [
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
] as const;

/** The script that is called after a worker, or else that runs a file which is. */
function nodeWorker(has: Has, read: () => string): Worker | null {
  const scripts = Object.entries(scriptsIn(read())).filter(([name, line]) =>
    !/build|test|lint|check|watch|debug/.test(name) && !/\b(nodemon|tsc)\b/.test(line)
  );
  const script = scripts.find(([name]) => name === "worker") ??
    scripts.find(([name]) => /(^|[:._-])worker([:._-]|$)/.test(name)) ??
    scripts.find(([, line]) => /(^|[\s/\\])worker\.[cm]?[jt]sx?\b/.test(line));
  if (script === undefined) return null;
  const manager = MANAGERS.find(([lock]) => has(lock))?.[1] ?? "npm";
  return { name: "worker", command: `${manager} run ${script[0]}`, watch: ["src"].filter(has) };
}

function scriptsIn(manifest: string): Record<string, string> {
  const parsed = parseJson(manifest);
  const scripts = isObject(parsed) && isObject(parsed["scripts"]) ? parsed["scripts"] : {};
  const isPlain = ([name, line]: [string, unknown]) => /^[\w:.-]+$/.test(name) && typeof line === "string";
  return Object.fromEntries(Object.entries(scripts).filter(isPlain)) as Record<string, string>;
}

function goWorker(has: Has): Worker | null {
  const folder = ["cmd/worker", "worker"].find((each) => has(`${each}/main.go`));
  if (folder === undefined) return null;
  return { name: "worker", command: `go run ./${folder}`, watch: [folder, "internal", "pkg"].filter(has) };
}

/** What runs Python in the project's own environment, likewise. */
const RUNNERS = [
  ["uv.lock", "uv run python"],
  ["poetry.lock", "poetry run python"],
  [".venv/bin/python", ".venv/bin/python"],
] as const;

function pythonWorker(has: Has): Worker | null {
  const file = ["worker.py", "run_worker.py", "src/worker.py", "src/run_worker.py"].find(has);
  if (file === undefined) return null;
  const runner = RUNNERS.find(([file]) => has(file))?.[1] ?? "python3";
  return { name: "worker", command: `${runner} ${file}`, watch: file.startsWith("src/") ? ["src"] : [file] };
}

function textOf(host: Files, path: string): string {
  const reading = host.readText(path, MAX_BYTES);
  return "text" in reading ? reading.text : "";
}
