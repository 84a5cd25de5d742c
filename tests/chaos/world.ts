import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type InstancePaths, instancePaths } from "../../lib/instance/paths.ts";
import { canBind } from "../../lib/platform/net/probe_port.ts";
import type { Runtime } from "../e2e/support.ts";
import type { ChaosProject } from "./stack/project.ts";

/** One instance of the chaos test. */
export interface ChaosHome {
  index: number;
  name: string;
  paths: InstancePaths;
  port: number;
  uiPort: number;
  /** The real path. Two homes share it. */
  database: string;
  /** Another home has the same database, so a start may be refused. */
  sharesDatabase: boolean;
  /** The flags of `start` and `restart`, always the same. */
  flags: readonly string[];
  /** The project with processes beside its Temporal; null for a home without a project. */
  project: ChaosProject | null;
}

/** The homes of a run, and what is around them. */
export interface World {
  base: string;
  homes: readonly ChaosHome[];
  /** The home whose database may be removed, to kill first starts. No workflow is started there. */
  fresh: ChaosHome;
  /** The home of a project, with processes beside its Temporal and a worker for its workflows. */
  stack: ChaosHome & { project: ChaosProject };
  /** The homes whose databases hold workflows. */
  kept: readonly ChaosHome[];
  /** A variable in the environment of all processes of this run, daemons too. */
  mark: { name: string; value: string };
  /** A file outside the homes, which records are made to link to. */
  elsewhere: { path: string; text: string };
  /** The runtime of every command; null when the schedule chooses. */
  runtime: Runtime | null;
  remove(): void;
}

/** Above the ports of other tests, below the system's ephemeral ports. */
const FIRST_PORT = 30_000;
const LAST_PORT = 32_700;

/** Creates temporary homes with their own ports. */
export async function createWorld(runtime: Runtime | null = null): Promise<World> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "sl-chaos-")));
  const shared = join(base, "shared");
  mkdirSync(shared);
  symlinkSync(shared, join(base, "link"));
  const elsewhere = { path: join(base, "elsewhere"), text: "not yours\n" };
  writeFileSync(elsewhere.path, elsewhere.text);
  const ports = await freePorts(7);
  const home = (index: number, name: string, more: readonly string[], database?: string): ChaosHome => {
    const paths = instancePaths(join(base, name));
    const port = ports[index]!;
    const uiPort = ports[4]!;
    return {
      index,
      name,
      paths,
      port,
      uiPort,
      database: database ?? paths.defaultDatabase,
      sharesDatabase: database !== undefined,
      flags: ["--port", `${port}`, ...more],
      project: null,
    };
  };
  const database = join(shared, "temporal.db");
  const folder = join(base, "stack");
  const stack = {
    ...home(4, "stack/.stigmer", []),
    name: "stack",
    port: ports[5]!,
    flags: [],
    project: { folder, port: ports[5]!, listenerPort: ports[6]! },
  };
  const homes = [
    home(0, "own", ["--ui-port", `${ports[4]}`]),
    home(1, "shared", ["--headless", "--max-restarts", "0", "--db-filename", database], database),
    home(2, "linked", ["--headless", "--max-restarts", "0", "--db-filename", join(base, "link/temporal.db")], database),
    home(3, "fresh", ["--headless", "--max-restarts", "0"]),
    stack,
  ];
  return {
    base,
    homes,
    fresh: homes[3]!,
    stack,
    kept: [...homes.slice(0, 3), stack],
    mark: { name: "CHAOS_RUN", value: base },
    elsewhere,
    runtime,
    remove: () => rmSync(base, { recursive: true, force: true, maxRetries: 5 }),
  };
}

async function freePorts(count: number): Promise<number[]> {
  const span = LAST_PORT - FIRST_PORT;
  const ports: number[] = [];
  for (let step = 0; ports.length < count && step < span; step++) {
    const port = FIRST_PORT + (process.pid * 97 + step * 13) % span;
    if (await canBind("127.0.0.1", port) === "free" && await canBind("::1", port) === "free") ports.push(port);
  }
  if (ports.length < count) throw new Error("Cannot find free ports for the homes");
  return ports;
}
