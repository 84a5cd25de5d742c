import { Client, Connection } from "@temporalio/client";
import { Violation } from "./violation.ts";
import { WORKED_QUEUE } from "./stack/project.ts";
import type { ChaosHome } from "./world.ts";

/** The type of all workflows, so that one query finds them. */
const TYPE = "chaos";
const UNWORKED_QUEUE = "no-worker-polls-this";
const CALL_TIMEOUT_MS = 3000;
/** Pause between two starts of workflows, after a success and after a failure, in ms. */
const PAUSE_MS = 60;
const PAUSE_AFTER_FAILURE_MS = 150;
/** The same after a success where a worker completes the workflows, which costs more. */
const WORKED_PAUSE_MS = 250;
/** An activity takes up to so long, in ms. */
const LONGEST_ACTIVITY_MS = 1000;
/** A worker may take so long to complete what is left when everything has been killed: timeouts of tasks are 10 s, in ms. */
const COMPLETION_PATIENCE_MS = 180_000;
/** How far the list may lag behind the starts, in ms. */
const VISIBILITY_PATIENCE_MS = 15_000;

/** A real client that keeps starting workflows on a home, and remembers those that Temporal acknowledged. */
export interface WorkflowStarter {
  /** The ids of the workflows that Temporal acknowledged. */
  readonly acknowledged: readonly string[];
  /** Failed calls, because Temporal was down. Their workflows may exist or not. */
  readonly refused: number;
  /** Starts no further workflow; resolves after the last call. */
  end(): Promise<void>;
}

/** A connection that reconnects whenever Temporal is up. */
function connect(home: ChaosHome): Connection {
  return Connection.lazy({
    address: `127.0.0.1:${home.port}`,
    channelArgs: { "grpc.initial_reconnect_backoff_ms": 50, "grpc.max_reconnect_backoff_ms": 300 },
  });
}

/** Starts workflows on `home`, one after the other, until `end` is called. */
export function startWorkflows(home: ChaosHome, run: string): WorkflowStarter {
  const connection = connect(home);
  const client = new Client({ connection });
  const acknowledged: string[] = [];
  const isWorked = home.project !== null;
  const taskQueue = isWorked ? WORKED_QUEUE : UNWORKED_QUEUE;
  let refused = 0;
  let isOver = false;
  const work = async () => {
    for (let number = 0; !isOver; number++) {
      const workflowId = `${run}-${home.name}-${number}`;
      try {
        await connection.withDeadline(
          Date.now() + CALL_TIMEOUT_MS,
          () => client.workflow.start(TYPE, { workflowId, taskQueue, args: [number * 97 % LONGEST_ACTIVITY_MS] }),
        );
        acknowledged.push(workflowId);
        await sleep(isWorked ? WORKED_PAUSE_MS : PAUSE_MS);
      } catch {
        refused++; // Temporal was down, or died before it answered
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
 * Finds each of the workflows `ids` on `home`, whose Temporal is ready: in the list of open ones, else one by one, because
 * the list is a separate store, which Temporal fills a little later.
 *
 * @returns how many were in the list
 * @throws {Violation} when one is missing
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

/**
 * Waits until the worker of `home` has completed every workflow.
 *
 * @returns how many it has completed
 * @throws {Violation} when one fails, or is still running after minutes
 */
export async function completeWorkflows(home: ChaosHome): Promise<number> {
  const connection = connect(home);
  const client = new Client({ connection });
  const count = async (status: string) =>
    (await client.workflow.count(`WorkflowType="${TYPE}" AND ExecutionStatus${status}`)).count;
  try {
    const giveUpAt = performance.now() + COMPLETION_PATIENCE_MS;
    while (await count('="Running"') > 0) {
      if (performance.now() > giveUpAt) throw new Violation(`${await count('="Running"')} workflows do not complete`);
      await sleep(250);
    }
    const ended = await count('!="Completed"');
    if (ended > 0) throw new Violation(`${ended} workflows ended otherwise than by completion`);
    return await count('="Completed"');
  } finally {
    await connection.close();
  }
}

/** False when Temporal does not know the workflow. */
function isNotFound(error: unknown): false {
  if (error instanceof Error && error.name === "WorkflowNotFoundError") return false;
  throw error;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
