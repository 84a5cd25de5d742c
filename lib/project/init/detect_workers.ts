import type { Host } from "../../platform/runtime/host.ts";

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

interface Look {
  manifest: string;
  find(has: (path: string) => boolean, read: () => string): Worker | null;
}

const LOOKS: readonly Look[] = [
  { manifest: "package.json", find: (has, read) => nodeWorker(has, read()) },
  { manifest: "go.mod", find: (has) => goWorker(has) },
  { manifest: "pyproject.toml", find: (has) => pythonWorker(has) },
];

/** The script that is called after a worker, or else that runs a file which is. */
function nodeWorker(has: (path: string) => boolean, manifest: string): Worker | null {
  const scripts = Object.entries(scriptsIn(manifest)).filter(([name, line]) =>
    !/build|test|lint|check|watch|debug/.test(name) && !/\b(nodemon|tsc)\b/.test(line)
  );
  const script = scripts.find(([name]) => name === "worker") ??
    scripts.find(([name]) => /(^|[:._-])worker([:._-]|$)/.test(name)) ??
    scripts.find(([, line]) => /(^|[\s/\\])worker\.[cm]?[jt]sx?\b/.test(line));
  if (script === undefined) return null;
  const manager = has("pnpm-lock.yaml")
    ? "pnpm"
    : has("yarn.lock")
    ? "yarn"
    : has("bun.lock") || has("bun.lockb")
    ? "bun"
    : "npm";
  return { name: "worker", command: `${manager} run ${script[0]}`, watch: ["src"].filter(has) };
}

function scriptsIn(manifest: string): Record<string, string> {
  try {
    const { scripts = {} } = JSON.parse(manifest) as { scripts?: Record<string, unknown> };
    const isPlain = ([name, line]: [string, unknown]) => /^[\w:.-]+$/.test(name) && typeof line === "string";
    return Object.fromEntries(Object.entries(scripts).filter(isPlain)) as Record<string, string>;
  } catch {
    return {}; // not JSON, or not an object
  }
}

function goWorker(has: (path: string) => boolean): Worker | null {
  const folder = ["cmd/worker", "worker"].find((each) => has(`${each}/main.go`));
  if (folder === undefined) return null;
  return { name: "worker", command: `go run ./${folder}`, watch: [folder, "internal", "pkg"].filter(has) };
}

function pythonWorker(has: (path: string) => boolean): Worker | null {
  const file = ["worker.py", "run_worker.py", "src/worker.py", "src/run_worker.py"].find(has);
  if (file === undefined) return null;
  const runner = has("uv.lock")
    ? "uv run python"
    : has("poetry.lock")
    ? "poetry run python"
    : has(".venv/bin/python")
    ? ".venv/bin/python"
    : "python3";
  return { name: "worker", command: `${runner} ${file}`, watch: file.startsWith("src/") ? ["src"] : [file] };
}

function textOf(host: Files, path: string): string {
  const reading = host.readText(path, MAX_BYTES);
  return "text" in reading ? reading.text : "";
}
