import { type GrpcChannel, openGrpcChannel } from "../grpc/channel.ts";
import { GrpcError } from "../grpc/error.ts";
import { listPollers, type Poller, type TaskKind } from "../grpc/task_queues.ts";
import { parseAddress } from "../instance/status/addresses.ts";
import type { Connect } from "../platform/net/connection.ts";

/** The timeout of a question, in ms. */
const TIMEOUT_MS = 5000;

/** Asks the Temporal that runs now for the pollers of its task queues, over one connection. */
export class PollerQueries {
  readonly #connect: Connect;
  readonly #address: () => string;
  #channel: { address: string; opened: Promise<GrpcChannel> } | null = null;

  /** @param address Where Temporal serves now: `host:port`. */
  constructor(connect: Connect, address: () => string) {
    this.#connect = connect;
    this.#address = address;
  }

  /** The pollers of a task queue; a reason if Temporal does not tell. */
  async of(namespace: string, taskQueue: string, kind: TaskKind): Promise<Poller[] | { why: string }> {
    try {
      return await listPollers(await this.#open(), namespace, taskQueue, kind, TIMEOUT_MS);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      return { why: error.message };
    }
  }

  close(): void {
    void this.#channel?.opened.then((channel) => channel.close(), () => {});
    this.#channel = null;
  }

  async #open(): Promise<GrpcChannel> {
    const address = this.#address();
    if (this.#channel?.address !== address) {
      this.close();
      this.#channel = { address, opened: openGrpcChannel(this.#connect, parseAddress(address), TIMEOUT_MS) };
    }
    const { opened } = this.#channel;
    try {
      return await opened;
    } catch (error) {
      if (this.#channel?.opened === opened) this.#channel = null; // the next question tries again
      throw error;
    }
  }
}
