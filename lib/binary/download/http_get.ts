import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { VERSION } from "../../platform/runtime/tool_version.ts";
import { basicLogin } from "./basic_auth.ts";
import { type ConnectOptions, openConnection, Unreachable } from "./http_connection.ts";
import { isAllowed, shownUrl } from "./release_files.ts";

/** How a request is made. */
export interface GetOptions extends ConnectOptions {
  headers?: Readonly<Record<string, string>>;
  /** From the request to the head of the answer, in ms. */
  answerTimeoutMs: number;
  /** Without a byte for this long, a transfer is broken, in ms. */
  stallTimeoutMs: number;
}

/** An answer whose body has not been read yet. */
export interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  /** Where it came from in the end, for people. */
  from: string;
  /**
   * The body, piece by piece.
   *
   * @throws {Broken} when it breaks off or stalls
   */
  body(): AsyncGenerator<Uint8Array>;
  /** Ends the connection. */
  close(): void;
}

/** The connection was there and broke, or nothing came any more: worth another try. */
export class Broken extends Error {
  override readonly name = "Broken";
}

const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Asks for `url` and follows redirects, from https:// to https:// alone.
 *
 * @throws {Unreachable} when there is no connection
 * @throws {Broken} when no answer comes on it
 * @throws the reason of `options.signal`
 */
export async function httpGet(url: URL, options: GetOptions): Promise<Answer> {
  let current = url;
  for (let redirects = 0;; redirects++) {
    const { answer, socket } = await askOnce(current, options);
    const target = answer.headers.location;
    if (!REDIRECTS.includes(answer.statusCode ?? 0) || target === undefined) return answerOf(answer, current, options);
    answer.destroy();
    socket.destroy();
    const next = URL.canParse(target, current) ? new URL(target, current) : null;
    const isDowngrade = next !== null && current.protocol === "https:" && next.protocol !== "https:";
    if (next === null || isDowngrade || !isAllowed(next)) {
      throw new Unreachable(`${current.host} redirects to a place that is not https://`);
    }
    if (redirects === MAX_REDIRECTS) throw new Unreachable(`${url.host} redirects more than ${MAX_REDIRECTS} times`);
    if (next.host === current.host) [next.username, next.password] = [current.username, current.password];
    current = next;
  }
}

async function askOnce(url: URL, options: GetOptions): Promise<{ answer: IncomingMessage; socket: Socket }> {
  const socket = await openConnection(url, options);
  const { signal } = options;
  const login = basicLogin(url);
  const asking = request({
    method: "GET",
    path: url.pathname + url.search,
    // A server that packs the packed archive again would make ranges of it useless.
    headers: {
      host: url.host,
      accept: "*/*",
      "accept-encoding": "identity",
      "user-agent": `stigmer-local/${VERSION}`,
      connection: "close",
      ...(login === null ? {} : { authorization: login }),
      ...options.headers,
    },
    createConnection: () => socket,
  });
  let onAbort = () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      onAbort = () => reject(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      timer = setTimeout(() => {
        reject(new Broken(`${url.host} does not answer within ${options.answerTimeoutMs / 1_000} s`));
      }, options.answerTimeoutMs);
      asking.once("response", resolve);
      asking.on("error", (error) => reject(new Broken(`${url.host} broke the connection`, { cause: error })));
      socket.once("close", () => reject(new Broken(`${url.host} closed the connection`)));
      asking.end();
    });
    return { answer, socket };
  } catch (error) {
    asking.destroy();
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

function answerOf(answer: IncomingMessage, url: URL, options: GetOptions): Answer {
  const close = () => {
    answer.on("error", () => {}).destroy();
    answer.socket?.on("error", () => {}).destroy();
  };
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    from: shownUrl(url),
    body: () => readBody(answer, options, close),
    close,
  };
}

async function* readBody(answer: IncomingMessage, options: GetOptions, close: () => void): AsyncGenerator<Uint8Array> {
  const { signal, stallTimeoutMs } = options;
  let why: unknown = null;
  const stop = (reason: unknown) => {
    why ??= reason;
    answer.destroy(reason instanceof Error ? reason : new Error(String(reason)));
    close();
  };
  const onAbort = () => stop(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const watch = () =>
    setTimeout(() => stop(new Broken(`nothing came for ${stallTimeoutMs / 1_000} s`)), stallTimeoutMs);
  let timer = watch();
  try {
    if (signal?.aborted) onAbort();
    for await (const piece of answer) {
      clearTimeout(timer);
      yield piece as Uint8Array;
      timer = watch();
    }
    if (why !== null) throw why;
    if (!answer.complete) throw new Broken("the connection broke");
  } catch (error) {
    if (why !== null) throw why;
    throw error instanceof Broken ? error : new Broken("the connection broke", { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    close();
  }
}
