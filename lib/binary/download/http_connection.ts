import { request } from "node:http";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { basicLogin } from "./basic_auth.ts";
import { proxyFor } from "./proxy.ts";

/** Why nobody was reached. To try the same again at once is of no use, unless `isBroken`. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
  /** The connection was there, or nearly, and broke. */
  readonly isBroken: boolean;

  constructor(message: string, options: { isBroken?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.isBroken = options.isBroken === true;
  }
}

/** How a connection is made. */
export interface ConnectOptions {
  /** Where `HTTPS_PROXY`, `NO_PROXY` … are. */
  env: Readonly<Record<string, string | undefined>>;
  /** For the name's look-up, TCP, the proxy and TLS together, in ms. */
  connectTimeoutMs: number;
  signal?: AbortSignal | undefined;
}

/**
 * A connection on which a request for `url` can be sent, through the proxy that the environment names. The same code on
 * both runtimes: Node 20's own fetch knows no proxy, and no fetch tells a dead network from a slow server.
 *
 * @throws {Unreachable}
 * @throws the reason of `signal`
 */
export async function openConnection(url: URL, options: ConnectOptions): Promise<Socket> {
  options.signal?.throwIfAborted();
  const proxy = proxyOf(url, options.env);
  const where = proxy === null ? url.host : `the proxy ${proxy.host}`;
  const opened: Socket[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort = () => {};
  const givenUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Unreachable(`no connection to ${where} within ${options.connectTimeoutMs / 1_000} s`));
    }, options.connectTimeoutMs);
    onAbort = () => reject(options.signal?.reason);
    options.signal?.addEventListener("abort", onAbort, { once: true });
  });
  try {
    const connecting = connect(url, proxy, (socket) => opened.push(socket));
    connecting.catch(() => {}); // it may fail after we gave up
    return await Promise.race([connecting, givenUp]);
  } catch (error) {
    for (const socket of opened) socket.on("error", () => {}).destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", onAbort);
  }
}

function proxyOf(url: URL, env: ConnectOptions["env"]): URL | null {
  let proxy: URL | null;
  try {
    proxy = proxyFor(url, env);
  } catch (error) {
    throw new Unreachable("the proxy in HTTPS_PROXY is no address", { cause: error });
  }
  if (proxy !== null && !["http:", "https:"].includes(proxy.protocol)) {
    throw new Unreachable(
      `a ${proxy.protocol.slice(0, -1)} proxy (${proxy.host}) is not supported; http and https are`,
    );
  }
  return proxy;
}

async function connect(url: URL, proxy: URL | null, onSocket: (socket: Socket) => void): Promise<Socket> {
  let socket: Socket;
  if (proxy === null) socket = await plainConnection(url, onSocket);
  else {
    const toProxy = await plainConnection(proxy, onSocket);
    const secured = proxy.protocol === "https:" ? await secure(toProxy, proxy, onSocket) : toProxy;
    socket = await tunnel(secured, proxy, url);
  }
  return url.protocol === "https:" ? await secure(socket, url, onSocket) : socket;
}

function plainConnection(url: URL, onSocket: (socket: Socket) => void): Promise<Socket> {
  const socket = connectTcp({ host: bare(url.hostname), port: portOf(url) });
  onSocket(socket);
  return settled(socket, "connect", url.host);
}

function secure(socket: Socket, url: URL, onSocket: (socket: Socket) => void): Promise<Socket> {
  const host = bare(url.hostname);
  const isAddress = /^[\d.]+$|:/.test(host);
  const secured = connectTls({ socket, host, ...(isAddress ? {} : { servername: host }) });
  onSocket(secured);
  return settled(secured, "secureConnect", url.host);
}

/** Asks the proxy for a tunnel (RFC 9110, section 9.3.6). */
function tunnel(socket: Socket, proxy: URL, url: URL): Promise<Socket> {
  const authority = `${url.hostname}:${portOf(url)}`;
  const login = basicLogin(proxy);
  return new Promise((resolve, reject) => {
    const asking = request({
      method: "CONNECT",
      path: authority,
      headers: { host: authority, ...(login === null ? {} : { "proxy-authorization": login }) },
      createConnection: () => socket,
    });
    asking.once("connect", (answer, tunnelled: Socket) => {
      if (answer.statusCode === 200) resolve(tunnelled);
      else reject(new Unreachable(`the proxy ${proxy.host} answers ${answer.statusCode}`));
    });
    asking.once("response", (answer) => {
      reject(new Unreachable(`the proxy ${proxy.host} answers ${answer.statusCode}`));
    });
    asking.once("error", (error) => reject(failed(error, `the proxy ${proxy.host}`)));
    asking.end();
  });
}

function settled(socket: Socket, event: "connect" | "secureConnect", host: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const onError = (error: unknown) => reject(failed(error, host));
    socket.once("error", onError);
    // An end in the middle of the TLS handshake is no error for Deno.
    const onClose = () => reject(new Unreachable(`${host} closed the connection`, { isBroken: true }));
    socket.once("close", onClose);
    socket.once(event, () => {
      socket.off("error", onError);
      socket.off("close", onClose);
      resolve(socket);
    });
  });
}

const BROKEN = ["ECONNRESET", "EPIPE", "ECONNABORTED"];

function failed(error: unknown, host: string): Unreachable {
  if (error instanceof Unreachable) return error;
  const { code, message = "" } = error as { code?: string; message?: string };
  const why = code === "ENOTFOUND" || code === "EAI_AGAIN"
    ? `its name is not known here (${code})`
    : /CERT|VERIFY|ISSUER/.test(code ?? "") || /certificate/i.test(message)
    ? `its certificate is not trusted here (${code ?? message}; NODE_EXTRA_CA_CERTS names an authority to trust)`
    : code ?? message;
  return new Unreachable(`${host} can't be reached: ${why}`, { isBroken: BROKEN.includes(code ?? ""), cause: error });
}

/** The port of `url`. */
function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}
