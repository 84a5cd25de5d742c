import type { Connect, Connection, Endpoint } from "../../lib/platform/net/connection.ts";
import type { Listener } from "../../lib/platform/processes/processes.ts";
import type { Clock } from "./clock.ts";
import type { FakeProcess, ProcessTable } from "./process_table.ts";
import { supervisorConnection, temporalConnection } from "./server_connection.ts";

/** How a listener answers: as Temporal, with what is no gRPC, or not at all. */
export type Answers = "serves" | "is no Temporal" | "never";

interface Socket {
  address: string;
  port: number;
  /** Null once its process is out of sight, and the kernel has not closed it yet. */
  owner: FakeProcess | null;
  answers: Answers;
}

/** The listening sockets. */
export class PortTable {
  readonly #table: ProcessTable;
  readonly #clock: Clock;
  #sockets: Socket[] = [];
  /** A socket on all addresses and one on a single address can have the same port, as on macOS. */
  sharesWildcards = false;
  /** The Unix sockets of supervisors, by path. */
  readonly #controlSockets = new Map<string, { owner: FakeProcess; answers: boolean }>();
  /** How long the sockets of processes that end stay, by port. */
  readonly #lingers = new Map<number, number>();

  constructor(table: ProcessTable, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
    table.onFilesClosed((pid) =>
      this.#sockets.filter(({ owner }) => owner?.pid === pid).forEach((each) => this.#end(each))
    );
  }

  listen(owner: FakeProcess, address: string, port: number, answers: Answers = "serves"): void {
    if (this.isTaken(address, port)) throw new Error(`listen EADDRINUSE: ${address}, port ${port}`);
    this.#sockets.push({ address, port, owner, answers });
  }

  /** Lets a supervisor listen at `path`, and answer or not. */
  serveControl(owner: FakeProcess, path: string, answers: boolean): void {
    this.#controlSockets.set(path, { owner, answers });
  }

  /** Lets a port outlive the process that has it by `ms`: the kernel closes descriptors after a process is out of sight. */
  linger(port: number, ms: number): void {
    this.#lingers.set(port, ms);
  }

  readonly canBind = (host: string, port: number): Promise<"free" | "taken"> =>
    Promise.resolve(this.isTaken(host, port) ? "taken" : "free");

  listeners(port: number): Listener[] {
    return this.#sockets.filter((each) => each.port === port).map(({ address, owner }) => {
      const seen = owner === null || owner.isOtherUsers ? null : this.#table.describe(owner);
      return { address, port, pid: seen?.pid ?? null, command: seen?.command ?? null };
    });
  }

  groupListensOn(pgid: number, port: number): boolean {
    const pids = [pgid, ...this.#table.liveMembers(pgid).map(({ pid }) => pid)];
    return this.listeners(port).some(({ pid }) => pid !== null && pids.includes(pid));
  }

  readonly connect: Connect = async (endpoint: Endpoint, timeoutMs: number) => {
    if ("path" in endpoint) return await this.#connectControl(endpoint, timeoutMs);
    const { host, port } = endpoint;
    const reached = this.#sockets.filter((each) => each.port === port && covers(each.address, host));
    const socket = reached.find(({ address }) => address === host) ?? reached[0];
    if (socket === undefined) throw connectError("ECONNREFUSED");
    if (socket.answers === "never" || socket.owner === null || !isRunning(socket.owner)) {
      return await this.#timeOut(timeoutMs);
    }
    const { owner, answers } = socket;
    return await temporalConnection(endpoint, timeoutMs, answers, { isRunning: () => isRunning(owner), ...owner });
  };

  async #connectControl(endpoint: { path: string }, timeoutMs: number): Promise<Connection> {
    const socket = this.#controlSockets.get(endpoint.path);
    if (socket === undefined) throw connectError("ENOENT");
    if (this.#table.get(socket.owner.pid) !== socket.owner) throw connectError("ECONNREFUSED");
    if (!socket.answers || !isRunning(socket.owner)) return await this.#timeOut(timeoutMs);
    return supervisorConnection(endpoint, timeoutMs);
  }

  async #timeOut(timeoutMs: number): Promise<never> {
    await this.#clock.delay(timeoutMs);
    throw connectError("ETIMEDOUT");
  }

  /** Whether listen(2) fails with EADDRINUSE there. */
  isTaken(host: string, port: number): boolean {
    return this.#sockets.some(({ address, port: other }) =>
      other === port &&
      (address === host || (!this.sharesWildcards && (covers(address, host) || covers(host, address))))
    );
  }

  #end(socket: Socket): void {
    socket.owner = null;
    const close = () => {
      this.#sockets = this.#sockets.filter((each) => each !== socket);
    };
    const lingersMs = this.#lingers.get(socket.port);
    if (lingersMs === undefined) close();
    else this.#clock.after(lingersMs, close);
  }
}

/** Whether a socket on `address` gets what is sent to `host`; one on `::` takes IPv4 too. */
function covers(address: string, host: string): boolean {
  const isIpv4 = (each: string) => !each.includes(":");
  return address === host || address === "::" || (address === "0.0.0.0" && isIpv4(host));
}

/** The kernel accepts connections for a process that is stopped or exiting, which never answers them. */
function isRunning({ state, argv }: FakeProcess): boolean {
  return state !== "T" && argv !== null;
}

function connectError(code: "ECONNREFUSED" | "ETIMEDOUT" | "ENOENT"): Error {
  return Object.assign(new Error(`connect ${code}`), { code, syscall: "connect" });
}
