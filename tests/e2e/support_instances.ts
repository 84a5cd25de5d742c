import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ListedInstance } from "../../lib/client/instances/find_instances.ts";
import { realPath } from "../../lib/instance/registry/registry.ts";
import { type Ended, launch, ownTool } from "./support.ts";

/** A user with a home directory, and so a registry, of their own. */
export interface TestUser {
  env: Record<string, string | undefined>;
  /** The folder of the registry. */
  registry: string;
  /** The names of the entries. */
  entries(): string[];
  /** Runs the tool, without a home of its own to select. */
  run(...args: string[]): Promise<Ended>;
  /** What `ls --json` lists, by home. */
  list(...args: string[]): Promise<Map<string, ListedInstance>>;
}

/** Runs `body` as a user without instances. */
export async function withUser(body: (user: TestUser) => Promise<void>): Promise<void> {
  const place = realPath(mkdtempSync(join(tmpdir(), "sl-user-")))!;
  const env = { HOME: place, STIGMER_HOME: undefined };
  const registry = join(place, ".stigmer", "instances");
  const run = (...args: string[]) => launch(ownTool(...args), { env }).ended;
  try {
    await body({
      env,
      registry,
      entries: () => existsSync(registry) ? readdirSync(registry) : [],
      run,
      list: async (...args) => {
        const { code, stdout, stderr } = await run("ls", "--json", ...args);
        if (code !== 0) throw new Error(`ls failed: ${stdout}${stderr}`);
        const { instances } = JSON.parse(stdout) as { instances: ListedInstance[] };
        return new Map(instances.map((each) => [each.home, each]));
      },
    });
  } finally {
    rmSync(place, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Listens on a Unix socket, and says `answer` to whoever connects; null = says nothing. */
export async function pretendSupervisor(path: string, answer: string | null): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    if (answer !== null) socket.once("data", () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
