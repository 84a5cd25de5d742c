import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { PROJECT_VARIABLE } from "../../lib/instance/paths.ts";
import type { Runtime } from "../measurement.ts";
import { listenerCommand, workerCommand } from "../project.ts";
import { requireEnv, ROOT, toolCommand } from "../runtimes.ts";

/** Where the three processes run. */
export interface Place {
  folder: string;
  /** Temporal's. */
  port: number;
  listenerPort: number;
  taskQueue: string;
}

/** A tool that runs processes. */
export interface Peer {
  name: string;
  version: string;
  /** Whether it starts a process again that has crashed. */
  restarts: boolean;
  /** Writes what it reads, and gives its commands. */
  prepare(place: Place): PeerCommands;
}

/** How a tool is called. */
export interface PeerCommands {
  /** Starts everything: returns when all is ready, or stays in the foreground. */
  start: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Ends everything; null: SIGINT to the command that stays in the foreground, as Ctrl-C does. */
  stop: readonly string[] | null;
}

/** This tool, and those that are installed. */
export function findPeers(runtimes: readonly Runtime[]): { peers: Peer[]; missing: string[] } {
  const [overmind, foreman] = [findOnPath("overmind"), findOnPath("nf")];
  const peers = [
    ...runtimes.map(ownTool),
    ...overmind === null || findOnPath("tmux") === null ? [] : [overmindAt(overmind)],
    ...foreman === null ? [] : [foremanAt(foreman)],
  ];
  const missing = [["overmind", overmind], ["node-foreman", foreman]].flatMap(([name, path]) =>
    path === null ? name! : []
  );
  return { peers, missing };
}

function findOnPath(name: string): string | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

function ownTool(runtime: Runtime): Peer {
  const { version } = JSON.parse(readFileSync(`${ROOT}deno.json`, "utf8")) as { version: string };
  return {
    name: `stigmer-local, ${{ "deno": "Deno", "deno-file": "Deno, one file", "node": "Node, one file" }[runtime]}`,
    version,
    restarts: true,
    prepare: ({ folder, port, listenerPort, taskQueue }) => {
      const project = join(folder, "stigmer-local.yaml");
      const lines = [
        `port: ${port}`,
        "headless: true",
        "processes:",
        `  listener: { command: ${JSON.stringify(listenerCommand(listenerPort))}, port: ${listenerPort} }`,
        `  worker: { command: ${JSON.stringify(workerCommand())}, task_queue: ${taskQueue},` +
        ` environment: { TASK_QUEUE: ${taskQueue} } }`,
      ];
      writeFileSync(project, lines.map((line) => `${line}\n`).join(""));
      const own = ["--home", join(folder, ".stigmer")];
      return {
        start: [...toolCommand(runtime), "start", ...own],
        env: { [PROJECT_VARIABLE]: project },
        stop: [...toolCommand(runtime), "stop", ...own],
      };
    },
  };
}

function overmindAt(path: string): Peer {
  const version = execFileSync(path, ["--version"], { encoding: "utf8" }).trim().split(" ").at(-1)!;
  return {
    name: "overmind",
    version,
    restarts: true,
    prepare: (place) => {
      const socket = ["-s", join(place.folder, "overmind.sock")];
      const start = [path, "start", "-N", "-r", "all", "-f", writeProcfile(place), ...socket];
      return { start, stop: [path, "quit", ...socket] };
    },
  };
}

function foremanAt(path: string): Peer {
  const manifest = join(dirname(realpathSync(path)), "package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return {
    name: "node-foreman",
    version,
    restarts: false,
    prepare: (place) => ({ start: [path, "start", "-j", writeProcfile(place)], stop: null }),
  };
}

/** A Procfile says nothing of order: the worker itself has to wait until Temporal serves. */
function writeProcfile({ folder, port, listenerPort, taskQueue }: Place): string {
  const data = join(folder, "data");
  mkdirSync(data);
  const temporal = requireEnv("STIGMER_TEST_TEMPORAL");
  const health = `${temporal} operator cluster health --address 127.0.0.1:${port} >/dev/null 2>&1`;
  const environment = `TASK_QUEUE=${taskQueue} TEMPORAL_ADDRESS=127.0.0.1:${port}`;
  const lines = [
    `temporal: exec ${temporal} server start-dev --headless --port ${port} --db-filename ${data}/temporal.db`,
    `listener: exec ${listenerCommand(listenerPort).join(" ")}`,
    `worker: until ${health}; do sleep 0.05; done; exec env ${environment} ${workerCommand().join(" ")}`,
  ];
  const path = join(folder, "Procfile");
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  return path;
}
