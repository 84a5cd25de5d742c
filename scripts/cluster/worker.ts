import { type Client, Connection } from "@temporalio/client";
import { delay } from "../../lib/platform/runtime/delay.ts";

const TASK_QUEUE = "cluster-test";
const TYPE = "nap";
/** Values of `temporal.api.enums.v1.CommandType`. */
const START_TIMER = 3;
const COMPLETE_WORKFLOW_EXECUTION = 4;
const NAPS = 4;
const NAP_NANOS = 900_000_000;
/** Timeout of a call, which a dying process may never answer, in ms. */
const CALL_MS = 10_000;
/** Timeout of a long poll, in ms. */
const POLL_MS = 20_000;

/** A worker that uses the gRPC API directly: each workflow sleeps several times and completes. */
export interface BareWorker {
  /** Stops polling; resolves when the last poll is over. */
  end(): Promise<void>;
}

/**
 * Processes the test's workflows: each task starts a timer, until there were enough of them. That exercises frontend,
 * history, matching and their timers without an SDK's worker. Failed calls are retried.
 */
export function startWorker(address: string, namespace: string, pollers: number): BareWorker {
  let isOver = false;
  const work = async (): Promise<void> => {
    const connection = Connection.lazy({
      address,
      channelArgs: { "grpc.initial_reconnect_backoff_ms": 100, "grpc.max_reconnect_backoff_ms": 500 },
    });
    while (!isOver) {
      try {
        await workOnce(connection, namespace);
      } catch {
        await delay(200); // the frontend died during the call
      }
    }
    await connection.close();
  };
  const working = Array.from({ length: pollers }, work);
  return {
    async end() {
      isOver = true;
      await Promise.all(working);
    },
  };
}

async function workOnce(connection: Connection, namespace: string): Promise<void> {
  const service = connection.workflowService;
  const taskQueue = { name: TASK_QUEUE };
  const task = await connection.withDeadline(
    Date.now() + POLL_MS,
    () => service.pollWorkflowTaskQueue({ namespace, taskQueue, identity: "cluster-test" }),
  );
  if (task.taskToken.length === 0) return;
  const events = task.history?.events ?? [];
  const naps = events.filter(({ timerFiredEventAttributes }) => timerFiredEventAttributes != null).length;
  const command = naps === NAPS
    ? { commandType: COMPLETE_WORKFLOW_EXECUTION, completeWorkflowExecutionCommandAttributes: {} }
    : {
      commandType: START_TIMER,
      startTimerCommandAttributes: { timerId: `nap-${naps}`, startToFireTimeout: { nanos: NAP_NANOS } },
    };
  await connection.withDeadline(
    Date.now() + CALL_MS,
    () =>
      service.respondWorkflowTaskCompleted({
        namespace,
        taskToken: task.taskToken,
        commands: [command],
        identity: "cluster-test",
      }),
  );
}

/** Starts the workflow `workflowId`, retrying until Temporal acknowledges it. */
export async function startNap(client: Client, workflowId: string): Promise<void> {
  for (;;) {
    try {
      await client.connection.withDeadline(
        Date.now() + CALL_MS,
        () => client.workflow.start(TYPE, { workflowId, taskQueue: TASK_QUEUE, args: [] }),
      );
      return;
    } catch (error) {
      if (error instanceof Error && error.name === "WorkflowExecutionAlreadyStartedError") return;
      await delay(200);
    }
  }
}
