import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The task queue that the project's worker polls. */
export const WORKED_QUEUE = "chaos-worked";

/** The processes that a project declares, whatever its file says at the moment. */
export const PROCESS_NAMES = ["worker", "listener", "stubborn", "wrapped", "extra"] as const;

/** The process whose record must stay whole: what npm starts holds no lock, so nothing else leads to it. */
export const LOCKLESS = "wrapped";

/** How many contents of the project file there are. */
export const VARIANTS = 4;

/** A project of the chaos test: its folder, and its ports. */
export interface ChaosProject {
  folder: string;
  port: number;
  listenerPort: number;
}

/** Writes the project file, the watched file, and the bundle of the workflows' code. */
export function prepareProject(project: ChaosProject): void {
  mkdirSync(join(project.folder, "src"), { recursive: true });
  changeSource(project, 0);
  writeProjectFile(project, 0);
  execFileSync(node(), [pathOf("../../fixtures/bundle_workflows.cjs"), pathOf("workflows.cjs"), bundleOf(project)]);
}

/** Changes a file that the worker and the process `wrapped` watch. */
export function changeSource({ folder }: ChaosProject, number: number): void {
  writeFileSync(join(folder, "src", `part-${number % 3}.txt`), `${number}\n`);
}

/** Writes one of the {@linkcode VARIANTS} of the project file: other variables, one process more or less. */
export function writeProjectFile(project: ChaosProject, variant: number): void {
  const { folder, port, listenerPort } = project;
  const command = (...words: string[]) => `command: ${JSON.stringify([node(), ...words])}`;
  const lines = [
    `port: ${port}`,
    "headless: true",
    "restart: { max: 0 }",
    "processes:",
    "  worker:",
    `    ${command(pathOf("../../fixtures/worker.cjs"), bundleOf(project))}`,
    `    task_queue: ${WORKED_QUEUE}`,
    `    environment: { TASK_QUEUE: ${WORKED_QUEUE}, VARIANT: "${variant % 2}" }`,
    "    watch: [src]",
    "  listener:",
    `    ${command(pathOf("../../fixtures/listener.mjs"), `${listenerPort}`)}`,
    `    port: ${listenerPort}`,
    `    environment: { VARIANT: "${variant}" }`,
    "  stubborn:",
    '    command: "trap : TERM; while :; do sleep 1; done"',
    "    stop_timeout: 1s",
    "    depends_on: [listener]",
    "  wrapped:",
    `    ${command(pathOf("wrapper.mjs"))}`,
    "    watch: [src]",
    "    stop_timeout: 2s",
    ...variant < 2 ? [] : ["  extra:", '    command: "exec sleep 86400"', "    depends_on: [worker, stubborn]"],
  ];
  const path = join(folder, "stigmer-local.yaml");
  writeFileSync(`${path}.new`, lines.map((line) => `${line}\n`).join(""));
  renameSync(`${path}.new`, path);
}

function node(): string {
  return process.env["STIGMER_TEST_NODE"] ?? process.execPath;
}

function bundleOf({ folder }: ChaosProject): string {
  return join(folder, "bundled.cjs");
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
