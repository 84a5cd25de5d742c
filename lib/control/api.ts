import { isObject } from "../text/json_value.ts";
import { isPartOfPolicy, type Policy } from "../config/policy.ts";
import { isProcessSettings, type ProcessSettings } from "../config/processes.ts";
import { completeSettings, isSettings, type RequestedSettings } from "../config/settings.ts";
import type { Snapshot } from "../database/snapshot.ts";
import { type Failure, toFailure } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import type { LogEvent } from "../instance/event_log.ts";
import type { Status } from "../instance/status/status.ts";
import type { Handler, Reply } from "./unix_server.ts";

/** The body of `POST /start` and `POST /restart`. */
export interface StartRequest {
  asked: RequestedSettings;
  /** The requested binary; null = any. */
  binary: string | null;
  /** The requested part of the policy. */
  policy?: Partial<Policy>;
  /** Answer at once, without waiting for Temporal to become ready. */
  noWait?: boolean;
  /** The processes beside Temporal; absent = as they are declared. */
  processes?: readonly ProcessSettings[];
  /** Only these processes; absent = Temporal and all of them. */
  names?: readonly string[];
}

/** The body of `POST /stop`. */
export interface StopRequest {
  /** Between SIGTERM and SIGKILL; absent = that of what is stopped. */
  graceMs?: number;
  /** Only these processes; absent = everything. */
  names?: readonly string[];
}

/** The body of `POST /snapshot`: the process that receives the copy, if it may exit before it does. */
export interface SnapshotRequest {
  asker?: { pid: number; startTime: string };
}

/** What the control API needs from the supervisor. What cannot be done is thrown as a {@linkcode LocalError}, which says why. */
export interface Controlled {
  status(): Promise<Status>;
  /** The status once Temporal is ready; throws the failure of the launch in progress. */
  settled(): Promise<Status>;
  /** The status if the running Temporal meets the request. */
  start(request: StartRequest): Promise<Status>;
  /** Resolves when Temporal's processes have exited and the locks are free. */
  stop(request: StopRequest): Promise<Status>;
  restart(request: StartRequest): Promise<Status>;
  /**
   * Copies the database at one moment, once Temporal is ready. The requesting process removes the copy; if it has
   * exited, the copy is deleted.
   */
  snapshot(request: SnapshotRequest): Promise<Snapshot>;
  isHealthy(): boolean;
  metrics(): string;
  history(): string[];
  subscribe(listener: (event: LogEvent) => void): () => void;
}

/** The HTTP handler of the control API, the same on both runtimes. It never throws. */
export function controlApi(supervisor: Controlled): Handler {
  return async (method, path, body) => {
    const route = `${method} ${path.split("?")[0]}`;
    try {
      switch (route) {
        case "GET /status":
          return json(200, await supervisor.status());
        case "GET /wait":
          return json(200, await supervisor.settled());
        case "GET /healthz":
          return supervisor.isHealthy() ? text(200, "ok\n") : text(503, "not healthy\n");
        case "GET /metrics":
          return { status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: supervisor.metrics() };
        case "GET /events":
          return { status: 200, contentType: "text/event-stream", body: eventStream(supervisor) };
        case "POST /start":
          return json(200, await supervisor.start(startRequest(body)));
        case "POST /restart":
          return json(200, await supervisor.restart(startRequest(body)));
        case "POST /stop":
          return json(200, await supervisor.stop(stopRequest(body)));
        case "POST /snapshot":
          return json(200, { schema: 1, snapshot: await supervisor.snapshot(snapshotRequest(body)) });
        default:
          return refusal(404, { code: "usage", message: `Unknown endpoint: ${route}` });
      }
    } catch (error) {
      if (error instanceof SyntaxError) {
        return refusal(400, { code: "usage", message: `Bad request: ${error.message}` });
      }
      return refusal(error instanceof LocalError ? 409 : 500, toFailure(error));
    }
  };
}

/** A failure as `--json` prints it, too. */
function refusal(status: number, error: Failure): Reply {
  return json(status, { schema: 1, error });
}

function json(status: number, value: unknown): Reply {
  return { status, contentType: "application/json; charset=utf-8", body: JSON.stringify(value) + "\n" };
}

function text(status: number, body: string): Reply {
  return { status, contentType: "text/plain; charset=utf-8", body };
}

function parseObject(body: string): Record<string, unknown> {
  if (body.trim() === "") return {};
  const value: unknown = JSON.parse(body);
  if (!isObject(value)) throw new SyntaxError("the body must be a JSON object");
  return value;
}

/** Whether `value` is a part of settings, where `auto` may stand for a port. */
function isPartOfSettings(value: unknown): value is RequestedSettings {
  if (!isObject(value)) return false;
  const defaults = completeSettings({}, "/");
  const { port, uiPort, ...rest } = { ...defaults, ...value };
  const number = (each: unknown) => each === "auto" ? defaults.port : each;
  return isSettings({ ...rest, port: number(port), uiPort: number(uiPort) });
}

function startRequest(body: string): StartRequest {
  const { asked = {}, binary, policy, noWait, processes, names } = parseObject(body);
  if (!isPartOfSettings(asked)) throw new SyntaxError("asked must be settings");
  if (policy !== undefined && !isPartOfPolicy(policy)) throw new SyntaxError("policy must have numbers");
  const isProcesses = (value: unknown) => Array.isArray(value) && value.every(isProcessSettings);
  if (processes !== undefined && !isProcesses(processes)) throw new SyntaxError("processes must be settings");
  return {
    asked,
    binary: typeof binary === "string" ? binary : null,
    ...(policy === undefined ? {} : { policy }),
    ...(noWait === true ? { noWait } : {}),
    ...(processes === undefined ? {} : { processes: processes as ProcessSettings[] }),
    ...namesIn(names),
  };
}

function namesIn(value: unknown): { names?: string[] } {
  if (value === undefined) return {};
  if (!Array.isArray(value) || value.length === 0 || !value.every((name) => typeof name === "string")) {
    throw new SyntaxError("names must be a list of names");
  }
  return { names: value };
}

function snapshotRequest(body: string): SnapshotRequest {
  const { asker } = parseObject(body) as { asker?: { pid?: unknown; startTime?: unknown } | null };
  const { pid, startTime } = asker ?? {};
  return typeof pid === "number" && typeof startTime === "string" ? { asker: { pid, startTime } } : {};
}

function stopRequest(body: string): StopRequest {
  const { graceMs, names } = parseObject(body);
  if (graceMs === undefined) return namesIn(names);
  // setTimeout fires at once for more than 2^31 - 1 ms.
  if (typeof graceMs !== "number" || !(graceMs >= 0 && graceMs < 2 ** 31)) {
    throw new SyntaxError("graceMs must be a number from 0");
  }
  return { graceMs, ...namesIn(names) };
}

function eventStream(supervisor: Controlled): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let unsubscribe = () => {};
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      const message = (line: string) => `data: ${line}\n\n`;
      // One chunk: the backlog below counts chunks, and must count only later events.
      const history = supervisor.history().map(message).join("");
      if (history !== "") controller.enqueue(encoder.encode(history));
      unsubscribe = supervisor.subscribe((event) => {
        // Drops a listener that does not read: its backlog would fill the supervisor's memory.
        if ((controller.desiredSize ?? 0) < -1000) {
          unsubscribe();
          controller.close();
        } else controller.enqueue(encoder.encode(message(JSON.stringify(event))));
      });
    },
    cancel: () => unsubscribe(),
  });
}
