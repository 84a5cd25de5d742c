import { Client, Connection } from "@temporalio/client";
import { Violation } from "./violation.ts";
import type { ChaosHome } from "./world.ts";

/** How workflows are named, so that one query finds those of a run. */
const TYPE = "chaos";
const TASK_QUEUE = "nobody-works-here";
const CALL_TIMEOUT_MS = 3000;
/** Between two starts of workflows on a home that serves, and on one that does not, in ms. */
const PAUSE_MS = 60;
const PAUSE_AFTER_FAILURE_MS = 150;
/** How long what is listed may lag behind what was started, in ms. */
const VISIBILITY_PATIENCE_MS = 15_000;

/** A real client that starts workflows on a home all along, and remembers those that Temporal said yes to. */
export interface WorkflowStarter {
  /** The ids of the workflows that Temporal acknowledged. */
  readonly acknowledged: readonly string[];
  /** Calls that failed: Temporal was not there. Their workflows may exist or not. */
  readonly refused: number;
  /** No further workflow is started; resolves when the last call is over. */
  end(): Promise<void>;
}

/** Connects as soon as there is something to connect to, again and again. */
function connect(home: ChaosHome): Connection {
  return Connection.lazy({
    address: `127.0.0.1:${home.port}`,
    channelArgs: { "grpc.initial_reconnect_backoff_ms": 50, "grpc.max_reconnect_backoff_ms": 300 },
  });
}

/** Starts workflows on `home`, one after the other, until the end. */
export function startWorkflows(home: ChaosHome, run: string): WorkflowStarter {
  const connection = connect(home);
  const client = new Client({ connection });
  const acknowledged: string[] = [];
  let refused = 0;
  let isOver = false;
  const work = async () => {
    for (let number = 0; !isOver; number++) {
      const workflowId = `${run}-${home.name}-${number}`;
      try {
        await connection.withDeadline(
          Date.now() + CALL_TIMEOUT_MS,
          () => client.workflow.start(TYPE, { workflowId, taskQueue: TASK_QUEUE, args: [] }),
        );
        acknowledged.push(workflowId);
        await sleep(PAUSE_MS);
      } catch {
        refused++; // it is down, or went down before it answered
        await sleep(PAUSE_AFTER_FAILURE_MS);
      }
    }
    await connection.close();
  };
  const working = work();
  return {
    acknowledged,
    get refused() {
      return refused;
    },
    end: () => {
      isOver = true;
      return working;
    },
  };
}

/**
 * Finds each of the workflows `ids` on `home`, which serves: in the list of open ones, and those that the list does
 * not have one by one (it is a store of its own, which Temporal fills a little later).
 *
 * @returns how many the list had
 * @throws {Violation} when one is not there
 */
export async function findWorkflows(home: ChaosHome, ids: readonly string[]): Promise<number> {
  const connection = connect(home);
  const client = new Client({ connection });
  try {
    const listed = new Set<string>();
    for (const giveUpAt = performance.now() + VISIBILITY_PATIENCE_MS; performance.now() < giveUpAt;) {
      for await (const { workflowId } of client.workflow.list({ query: `WorkflowType="${TYPE}"`, pageSize: 1000 })) {
        listed.add(workflowId);
      }
      if (ids.every((id) => listed.has(id))) break;
      await sleep(200);
    }
    const lost: string[] = [];
    for (const id of ids.filter((id) => !listed.has(id))) {
      const isFound = await client.workflow.getHandle(id).describe().then(() => true, isNotFound);
      if (!isFound) lost.push(id);
    }
    if (lost.length > 0) {
      throw new Violation(`${lost.length} of ${ids.length} acknowledged workflows are lost`, lost.join("\n"));
    }
    return ids.filter((id) => listed.has(id)).length;
  } finally {
    await connection.close();
  }
}

/** False when Temporal says that there is no such workflow. */
function isNotFound(error: unknown): false {
  if (error instanceof Error && error.name === "WorkflowNotFoundError") return false;
  throw error;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
