import type { EventEmitter } from "node:events";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { VERSION } from "../../platform/packaging/tool_version.ts";
import { basicLogin } from "./basic_auth.ts";
import { openProxy, type Proxy } from "./proxy_agent.ts";
import { isAllowed } from "./release_files.ts";
import { Broken, Unreachable } from "./transfer_error.ts";

/** The timeouts of a request, in ms. */
export interface HttpTimeouts {
  /** For the name's look-up, TCP, the proxy and TLS together. */
  connectTimeoutMs: number;
  /** From the connection to the head of the answer. */
  answerTimeoutMs: number;
  /** Without a byte for this long, a transfer is broken. */
  stallTimeoutMs: number;
}

/** How a request is made. */
export interface GetOptions extends HttpTimeouts {
  /** Where `HTTPS_PROXY`, `NO_PROXY` … are. */
  env: Readonly<Record<string, string | undefined>>;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/** An answer whose body has not been read yet. */
export interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  /**
   * The body, piece by piece.
   *
   * @throws {Broken} when it breaks off or stalls
   * @throws the reason of `options.signal`
   */
  body(): AsyncGenerator<Uint8Array>;
  /** Ends the connection. */
  close(): void;
}

const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];
const BROKEN = ["ECONNRESET", "EPIPE", "ECONNABORTED"];

/**
 * Requests `url` and follows redirects, from https:// to https:// alone. Not by fetch: that of Node 20 uses no proxy, and
 * none tells a dead network from a slow server.
 *
 * @throws {Unreachable} when there is no connection
 * @throws {Broken} when no answer comes on it
 * @throws the reason of `options.signal`
 */
export async function httpGet(url: URL, options: GetOptions): Promise<Answer> {
  let current = url;
  for (let redirects = 0;; redirects++) {
    const answer = await getOnce(current, options);
    const target = answer.headers.location;
    if (!REDIRECTS.includes(answer.status) || target === undefined) return answer;
    answer.close();
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

/** Everything that belongs to the request ends when its controller aborts, with the abort's reason. */
async function getOnce(url: URL, options: GetOptions): Promise<Answer> {
  const { env, signal, stallTimeoutMs } = options;
  signal?.throwIfAborted();
  const ending = new AbortController();
  signal?.addEventListener("abort", () => ending.abort(signal.reason), { signal: ending.signal });
  const close = () => ending.abort();
  try {
    const answer = await request(url, await openProxy(url, env, ending.signal), options, ending);
    answer.on("error", () => {}); // the body may be left unread
    return {
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      body: () => readBody(answer, stallTimeoutMs, ending),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function request(
  url: URL,
  proxy: Proxy | null,
  options: GetOptions,
  ending: AbortController,
): Promise<IncomingMessage> {
  const isTls = url.protocol === "https:";
  const login = basicLogin(url);
  const address = new URL(url);
  [address.username, address.password] = ["", ""]; // node:http would throw at a password with a bare `%`
  const asking = (isTls ? requestHttps : requestHttp)(address, {
    // A server that packs the packed archive again would make ranges of it useless.
    headers: {
      accept: "*/*",
      "accept-encoding": "identity",
      "user-agent": `stigmer-local/${VERSION}`,
      ...(login === null ? {} : { authorization: login }),
      ...options.headers,
    },
    agent: proxy?.agent ?? false,
    signal: ending.signal,
  });
  let where = proxy === null ? url.host : `the proxy ${proxy.host}`;
  let isConnected = false;
  let proxyStatus = 200;
  let timer: ReturnType<typeof setTimeout>;
  const within = (ms: number, late: (seconds: number) => Error) => {
    clearTimeout(timer);
    timer = setTimeout(() => ending.abort(late(ms / 1_000)), ms);
  };
  return new Promise<IncomingMessage>((resolve, reject) => {
    within(options.connectTimeoutMs, (seconds) => new Unreachable(`no connection to ${where} within ${seconds} s`));
    (asking as EventEmitter).once("proxyConnect", ({ statusCode }: { statusCode: number }) => {
      proxyStatus = statusCode;
      if (statusCode === 200) where = url.host;
    });
    asking.once("socket", (socket) => {
      socket.once(isTls ? "secureConnect" : "connect", () => {
        isConnected = true;
        within(options.answerTimeoutMs, (seconds) => new Broken(`${url.host} does not answer within ${seconds} s`));
      });
    });
    asking.once("response", (answer) => {
      // The agent hands on a proxy's refusal as if the server had answered.
      if (proxyStatus === 200) resolve(answer);
      else reject(new Unreachable(`${where} answers ${proxyStatus}`));
    });
    asking.on("error", (error) => {
      if (ending.signal.aborted) reject(ending.signal.reason);
      else if (isConnected) reject(new Broken(`${url.host} broke the connection`, { cause: error }));
      else reject(unreachable(error, where));
    });
    asking.end();
  }).finally(() => clearTimeout(timer));
}

function unreachable(error: unknown, host: string): Unreachable {
  const { code, message } = error as { code?: string; message: string };
  const why = code === "ENOTFOUND" || code === "EAI_AGAIN"
    ? `its name is not known here (${code})`
    : /CERT|VERIFY|ISSUER/.test(code ?? "") || /certificate/i.test(message)
    ? `its certificate is not trusted here (${code ?? message}; NODE_EXTRA_CA_CERTS names an authority to trust)`
    : code ?? message;
  // The agent gives the end of a connection to a proxy no code.
  const isBroken = code === undefined ? /ended before/.test(message) : BROKEN.includes(code);
  return new Unreachable(`${host} can't be reached: ${why}`, { isBroken, cause: error });
}

async function* readBody(
  answer: IncomingMessage,
  stallTimeoutMs: number,
  ending: AbortController,
): AsyncGenerator<Uint8Array> {
  answer.setTimeout(stallTimeoutMs, () => ending.abort(new Broken(`nothing came for ${stallTimeoutMs / 1_000} s`)));
  try {
    for await (const piece of answer) yield piece as Uint8Array;
  } catch (error) {
    throw ending.signal.aborted ? ending.signal.reason : new Broken("the connection broke", { cause: error });
  }
  if (!answer.complete) throw new Broken("the connection broke");
}
