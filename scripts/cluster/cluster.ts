import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts } from "../../tests/free_ports.ts";
import type { Binaries } from "./binaries.ts";
import { type FrontDoor, openFrontDoor } from "./front_door.ts";
import { startPostgres } from "./postgres.ts";
import { run } from "./run.ts";
import { type Service, startService } from "./services.ts";

/** The service of each process of a cluster. */
const PROCESSES = {
  "frontend-1": "frontend",
  "frontend-2": "frontend",
  "history-1": "history",
  "history-2": "history",
  "matching": "matching",
  "worker": "worker",
} as const;

/** The name of one of the cluster's processes. */
export type ProcessName = keyof typeof PROCESSES;

/** A Temporal cluster of several processes on PostgreSQL, on the loopback interface. */
export interface Cluster {
  /** `127.0.0.1:PORT` of the balancer in front of the frontends. */
  address: string;
  processes: Readonly<Record<ProcessName, Service>>;
  /** Terminates everything, in any state. */
  end(): Promise<void>;
}

/** The parts of a cluster, in the order in which they were started. */
export interface Parts {
  services: Service[];
  door: FrontDoor | null;
}

/** Starts a cluster in `folder`, and adds each started part to `parts`, for a cleanup after a failure or an abort. */
export async function startCluster(
  binaries: Binaries,
  postgresBin: string,
  folder: string,
  parts: Parts,
  signal: AbortSignal,
): Promise<Cluster> {
  const { port: postgresPort, uiPort: frontDoorPort } = await freePorts();
  await startPostgres(postgresBin, folder, postgresPort, parts, signal);
  await makeSchema(binaries.sqlTool, postgresPort);
  const dynamicConfig = fileURLToPath(new URL("./dynamic_config.yaml", import.meta.url));
  const template = readFileSync(new URL("./server.yaml.template", import.meta.url), "utf8");
  const frontends: number[] = [];
  const processes = {} as Record<ProcessName, Service>;
  for (const [name, service] of Object.entries(PROCESSES) as [ProcessName, string][]) {
    const { port: grpcPort, uiPort: membershipPort } = await freePorts();
    signal.throwIfAborted();
    if (service === "frontend") frontends.push(grpcPort);
    const ports = { postgresPort, frontDoorPort, grpcPort, membershipPort };
    const values: Readonly<Record<string, string | number>> = { ...ports, dynamicConfig };
    const config = join(folder, name);
    mkdirSync(config);
    const text = template.replace(/\{\{(\w+)\}\}/g, (_, key: string) => {
      if (!(key in values)) throw new Error(`Unknown placeholder {{${key}}} in server.yaml.template`);
      return String(values[key]);
    });
    writeFileSync(join(config, "cluster.yaml"), text);
    const flags = ["--root", folder, "--config", name, "--env", "cluster", "--allow-no-auth"];
    processes[name] = startService(name, [binaries.server, ...flags, "start", "--service", service], folder);
    parts.services.push(processes[name]);
  }
  parts.door = await openFrontDoor(frontDoorPort, frontends);
  return { address: `127.0.0.1:${frontDoorPort}`, processes, end: () => endCluster(parts) };
}

/** Terminates all parts, PostgreSQL last. */
export async function endCluster(parts: Parts): Promise<void> {
  await parts.door?.close();
  const [postgres, ...servers] = parts.services;
  await Promise.all(servers.map((service) => service.end("SIGTERM")));
  // SIGINT is PostgreSQL's fast shutdown, which does not wait for clients.
  await postgres?.end("SIGINT");
}

async function makeSchema(sqlTool: string, port: number): Promise<void> {
  for (const [database, schema] of [["temporal", "temporal"], ["temporal_visibility", "visibility"]]) {
    const tool = [sqlTool, "--plugin", "postgres12", "--ep", "127.0.0.1", "-p", `${port}`, "-u", "temporal"];
    await run([...tool, "--db", database!, "create"]);
    await run([...tool, "--db", database!, "setup-schema", "-v", "0.0"]);
    await run([...tool, "--db", database!, "update-schema", "--schema-name", `postgresql/v12/${schema}`]);
  }
}
