import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { delay } from "../../lib/platform/runtime/delay.ts";
import { run } from "./run.ts";
import { type Service, startService } from "./services.ts";

const DEBIAN = "/usr/lib/postgresql";
/** Prevents Debian's package from creating a database and starting a service (its `createcluster.conf`). */
const NO_CLUSTER = "/etc/postgresql-common/createcluster.d/stigmer-local.conf";

/**
 * The folder of PostgreSQL's server programs. Installs Debian's package if running as root.
 *
 * @throws {Error} naming what to install, when they are missing
 */
export async function findPostgres(): Promise<string> {
  const found = installedPostgres();
  if (found !== null) return found;
  if (process.geteuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new Error("Cannot find PostgreSQL: install it (Debian: `sudo apt-get install postgresql`) and try again");
  }
  console.log("Installing PostgreSQL from Debian …");
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run(["apt-get", "update"], { env });
  mkdirSync(dirname(NO_CLUSTER), { recursive: true });
  writeFileSync(NO_CLUSTER, "create_main_cluster = false\n");
  try {
    await run(["apt-get", "install", "--yes", "--no-install-recommends", "postgresql"], { env, isShown: true });
  } finally {
    rmSync(NO_CLUSTER);
  }
  const installed = installedPostgres();
  if (installed === null) throw new Error(`PostgreSQL was installed, but is not in ${DEBIAN}`);
  return installed;
}

function installedPostgres(): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const debian = versions.map((version) => join(DEBIAN, version, "bin")).find((bin) => existsSync(join(bin, "initdb")));
  if (debian !== undefined) return debian;
  const { status, stdout } = spawnSync("pg_config", ["--bindir"], { encoding: "utf8" });
  const bin = stdout?.trim();
  return status === 0 && existsSync(join(bin, "initdb")) ? bin : null;
}

/**
 * Starts a PostgreSQL on `port` of 127.0.0.1, with its data in `folder`, and adds it to `parts`. Resolves when it accepts
 * connections.
 */
export async function startPostgres(
  bin: string,
  folder: string,
  port: number,
  parts: { services: Service[] },
  signal: AbortSignal,
): Promise<void> {
  const home = join(folder, "postgres");
  mkdirSync(home);
  const prelude = asOtherUser(folder, home);
  const data = join(home, "data");
  await run([...prelude, join(bin, "initdb"), "-D", data, "-U", "temporal", "-A", "trust", "-E", "UTF8", "--locale=C"]);
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", `unix_socket_directories=${home}`, "fsync=off"];
  const options = settings.flatMap((setting) => ["-c", setting]);
  signal.throwIfAborted();
  const service = startService("postgres", [...prelude, join(bin, "postgres"), "-D", data, ...options], folder);
  parts.services.push(service);
  for (;;) {
    const asked = spawnSync(join(bin, "pg_isready"), ["-q", "-h", "127.0.0.1", "-p", `${port}`]);
    if (asked.status === 0) return;
    if (!service.isAlive()) throw new Error(`PostgreSQL exited:\n${service.output()}`);
    await delay(100, signal);
  }
}

/** PostgreSQL refuses to run as root: the command prefix that runs it as another user, who gets access to `home`. */
function asOtherUser(folder: string, home: string): string[] {
  if (process.geteuid?.() !== 0) return [];
  const user = spawnSync("id", ["-u", "postgres"]).status === 0 ? "postgres" : "nobody";
  const idOf = (flag: string) => Number(execFileSync("id", [flag, user], { encoding: "utf8" }));
  chmodSync(folder, 0o711);
  chownSync(home, idOf("-u"), idOf("-g"));
  return ["setpriv", `--reuid=${idOf("-u")}`, `--regid=${idOf("-g")}`, "--clear-groups", "--"];
}
