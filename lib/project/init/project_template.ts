import { DEFAULT_TEMPORAL_VERSION } from "../../config/temporal_versions.ts";
import type { Findings, Worker } from "./detect_workers.ts";

/** Commands of workers, by manifest, for projects in which none was found. */
const EXAMPLES: Readonly<Record<string, string>> = {
  "package.json": "npm run worker",
  "go.mod": "go run ./worker",
  "pyproject.toml": "python3 worker.py",
};

/** A commented project file for a folder with `findings`. */
export function projectTemplate({ manifests, workers, schema }: Findings): string {
  return [
    ...(schema === null ? [] : [`# yaml-language-server: $schema=./${schema}`]),
    "# The local Temporal of this project, and what runs beside it. Commit this file.",
    "# `stigmer-local start`, here or in a folder below, brings it up; `stigmer-local stop` ends it.",
    "# `stigmer-local config` shows every key with its value. What changed here takes effect with `stigmer-local restart`.",
    "# The data and logs are in .stigmer/, which git ignores.",
    "",
    "# Let several checkouts run side by side: `stigmer-local run -- COMMAND` and `stigmer-local env` know the ports.",
    "# port: auto",
    "",
    `# version: ${DEFAULT_TEMPORAL_VERSION}`,
    "",
    "# namespaces: [orders]",
    "# search_attributes:",
    "#   Customer: Keyword",
    "# dynamic_config:",
    "#   limit.maxIDLength: 255",
    "",
    ...(workers.length === 0 ? exampleOf(EXAMPLES[manifests[0] ?? ""] ?? "npm run worker") : processesOf(workers)),
    "",
  ].join("\n");
}

function processesOf(workers: readonly Worker[]): string[] {
  return ["processes:", ...workers.flatMap(processLines).map((line) => `  ${line}`)];
}

/** Below `processes:`; the lines that only the project's author can fill in are comments. */
function processLines({ name, command, watch }: Worker): string[] {
  return [
    `${name}:`,
    `  command: ${command}`,
    "  # task_queue: orders   # ready once it polls this task queue",
    ...(watch.length === 0 ? [] : [`  watch: [${watch.join(", ")}]   # restarted when a file in there changes`]),
  ];
}

function exampleOf(command: string): string[] {
  const lines = processLines({ name: "worker", command, watch: ["src"] });
  return ["# processes:", ...lines.map((line) => `#   ${line.replace("# task_queue", "task_queue")}`)];
}
