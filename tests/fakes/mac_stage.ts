import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { parseTemporalArgs } from "../../lib/config/dev_server_args.ts";
import type { Policy } from "../../lib/config/policy.ts";
import type { RequestedSettings } from "../../lib/config/settings.ts";
import { createInstance, type LaunchRequest } from "../../lib/instance/context.ts";
import { type InstancePaths, instancePaths } from "../../lib/instance/paths.ts";
import { Supervisor } from "../../lib/supervisor/supervisor.ts";
import type { TemporalProcess } from "../../lib/temporal/process.ts";
import { FakeMac } from "./fake_mac.ts";
import { fakeHost } from "./host.ts";
import { BINARY } from "./instance.ts";
import type { FakeProcess } from "./process_table.ts";
import { RealClock } from "./real_clock.ts";

const SUPERVISOR = "/opt/stigmer-local";
/** How long Temporal takes to listen, and to drain. */
const STARTUP_MS = 20;
const DRAIN_MS = 30;

/** Checks that are quick, and restarts without a backoff: real time passes here. */
const POLICY: Partial<Policy> = {
  ...{ healthIntervalS: 0.1, healthTimeoutS: 0.1, healthFailures: 2 },
  ...{ maxRestarts: 0, restartMinUptimeS: 0, launchTimeoutS: 30 },
};

/** A supervisor and the process that it is. */
export interface MacSupervisor {
  process: FakeProcess;
  supervisor: Supervisor;
  /** Resolves with the Temporal that serves after `restarts` restarts. */
  serving(restarts?: number): Promise<TemporalProcess>;
}

/** A fake Mac on which an instance is started, as `start` does it: by processes that take, hand on and inherit locks. */
export class MacStage {
  readonly mac = new FakeMac(new RealClock());
  readonly paths: InstancePaths;
  readonly request: LaunchRequest;
  readonly #supervisors = new Map<number, Supervisor>();

  constructor(home: string, requested: RequestedSettings = {}) {
    this.paths = instancePaths(home);
    this.request = {
      ...{ home, binary: BINARY, requested: { headless: true, ...requested } },
      ...{ binaryRequested: false, policy: POLICY, replace: false },
    };
    mkdirSync(this.paths.logsDir, { recursive: true });
    this.mac.programs.set(BINARY, (begun) => this.#temporal(begun));
    this.mac.programs.set(SUPERVISOR, (begun, _args, [fd]) => this.#supervise(begun, fd!));
  }

  /** Starts a supervisor, unless another process holds its lock: null then. */
  async start(): Promise<MacSupervisor | null> {
    const { mac, paths: { supervisorLock, home } } = this;
    const client = mac.table.spawn({ argv: ["stigmer-local", "start"] }, 1);
    const system = mac.seenBy(client);
    const lock = await system.tryLock(supervisorLock);
    if (lock === null) {
      mac.table.exit(client);
      return null;
    }
    const { pid } = await system.spawn({
      ...{ command: SUPERVISOR, args: ["supervisor"], cwd: home, env: {} },
      ...{ stdin: "null", stdout: "null", stderr: "null", pass: [lock.fd] },
    });
    mac.table.exit(client); // its lock lives on in the supervisor
    const supervisor = this.#supervisors.get(pid)!;
    const serving = (restarts = 0) =>
      supervisor.until(({ state, restarts: so }) => {
        if (state.kind === "failed") throw new Error(state.failure.message);
        return state.kind === "running" && so === restarts ? supervisor.manager.process : null;
      });
    return { process: mac.table.get(pid)!, supervisor, serving };
  }

  #supervise(begun: FakeProcess, fd: number): void {
    const { mac, request } = this;
    const system = mac.seenBy(begun);
    const host = { ...fakeHost(mac), platform: "darwin", pid: begun.pid, connect: system.connect };
    const lock = mac.adoptLockAs(begun, fd, this.paths.supervisorLock);
    const supervisor = new Supervisor(createInstance(host, request, null, system), request, lock);
    this.#supervisors.set(begun.pid, supervisor);
    supervisor.begin();
  }

  #temporal(begun: FakeProcess): void {
    const { mac } = this;
    begun.atSigterm = { exitsAfterMs: DRAIN_MS };
    const { ip, port, dbFilename } = parseTemporalArgs(begun.argv!)!;
    mac.clock.after(STARTUP_MS, () => {
      if (begun.argv === null) return;
      if (dbFilename !== null) {
        mkdirSync(dirname(dbFilename), { recursive: true });
        appendFileSync(dbFilename, "x");
        mac.openFile(dbFilename, begun);
      }
      mac.ports.listen(begun, ip, port);
    });
  }

  /** Ends time and the supervisors. */
  [Symbol.dispose](): void {
    for (const { health } of this.#supervisors.values()) health.unwatch();
    this.mac[Symbol.dispose]();
  }
}
