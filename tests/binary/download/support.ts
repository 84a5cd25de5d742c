import { createHash } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { archiveName, releaseTarget } from "../../../lib/binary/download/release_files.ts";

/** A request as a test's server sees it. */
export interface SeenRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
}

/** Answers one request on a bare socket: so that it can break off, stall and lie. */
export type Respond = (socket: Socket, request: SeenRequest) => void;

/** A server on 127.0.0.1. */
export interface TestServer {
  /** `http://127.0.0.1:PORT`. */
  base: string;
  port: number;
  seen: SeenRequest[];
}

/** Serves with `respond`, one request a connection, while `body` runs. */
export async function withServer<T>(respond: Respond, body: (server: TestServer) => Promise<T>): Promise<T> {
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // a client that gave up
    socket.once("close", () => sockets.delete(socket));
    let head = "";
    const onData = (bytes: Uint8Array) => {
      head += new TextDecoder("latin1").decode(bytes);
      if (!head.includes("\r\n\r\n")) return;
      socket.off("data", onData);
      const request = parse(head);
      seen.push(request);
      respond(socket, request);
    };
    socket.on("data", onData);
  });
  const port = await listen(server);
  try {
    return await body({ base: `http://127.0.0.1:${port}`, port, seen });
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
}

function parse(head: string): SeenRequest {
  const [first = "", ...lines] = head.slice(0, head.indexOf("\r\n\r\n")).split("\r\n");
  const [method = "", path = ""] = first.split(" ");
  const headers = Object.fromEntries(lines.map((line) => {
    const at = line.indexOf(":");
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
  }));
  return { method, path, headers };
}

/** An answer with a head and, when given, a body; closes the connection. */
export function answer(
  socket: Socket,
  status: number,
  headers: Record<string, string | number>,
  body?: Uint8Array,
): void {
  const lines = Object.entries({ connection: "close", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} Status\r\n${lines.join("")}\r\n`);
  if (body !== undefined) socket.write(body);
}

/** Serves `bytes` as a good server does, ranges included; `cutAt` breaks the connection there. */
export function serveBytes(
  socket: Socket,
  request: SeenRequest,
  bytes: Uint8Array,
  options: { etag?: string; cutAt?: number; ignoresRanges?: boolean } = {},
): void {
  const { etag, cutAt = bytes.length } = options;
  const match = /^bytes=(\d+)-$/.exec(request.headers["range"] ?? "");
  const isSame = request.headers["if-range"] === undefined || request.headers["if-range"] === etag;
  const start = match !== null && isSame && options.ignoresRanges !== true ? Number(match[1]) : 0;
  const headers = { "content-length": bytes.length - start, ...(etag === undefined ? {} : { etag }) };
  if (start === 0) answer(socket, 200, headers);
  else answer(socket, 206, { ...headers, "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` });
  const part = bytes.subarray(start, Math.max(start, cutAt));
  socket.write(part, () => cutAt < bytes.length ? setTimeout(() => socket.destroy(), 20) : socket.end());
}

/** Answers "not there". */
export function notThere(socket: Socket): void {
  answer(socket, 404, { "content-length": 0 });
  socket.end();
}

/** An entry of {@linkcode tarGz}. */
export interface Packed {
  name: string;
  data?: Uint8Array | string;
  /** Of tar(5): `0` a file, `2` a symbolic link, `3` a device, `5` a folder, `x` an extended header. */
  type?: string;
  linkTo?: string;
  /** What its header says of its size, when that is not the truth. */
  claimsBytes?: number;
}

/** A `.tar.gz`, with whatever a test wants in it. */
export function tarGz(entries: readonly Packed[]): Uint8Array {
  return gzipSync(tar(entries), { level: 1 });
}

/** A tar archive. */
export function tar(entries: readonly Packed[]): Uint8Array {
  const blocks = entries.flatMap(({ name, data = "", type = "0", linkTo = "", claimsBytes }) => {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const header = new Uint8Array(512);
    const put = (text: string, at: number) => header.set(new TextEncoder().encode(text), at);
    put(name, 0);
    put("0000755\0", 100);
    put("0000000\0", 108);
    put("0000000\0", 116);
    put(`${(claimsBytes ?? bytes.length).toString(8).padStart(11, "0")}\0`, 124);
    put("00000000000\0", 136);
    put("        ", 148);
    put(type, 156);
    put(linkTo, 157);
    put("ustar\0" + "00", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    const padded = new Uint8Array(Math.ceil(bytes.length / 512) * 512);
    padded.set(bytes);
    return [header, padded];
  });
  const archive = new Uint8Array(blocks.reduce((size, block) => size + block.length, 1024));
  let at = 0;
  for (const block of blocks) {
    archive.set(block, at);
    at += block.length;
  }
  return archive;
}

/** What a Temporal of `version` answers to --version, as a shell script; `bytes` more make it larger. */
export function fakeTemporal(version: string, bytes = 0): string {
  return `#!/bin/sh\necho "temporal version ${version} (Server 1.29.1, UI 2.42.1)"\nexit\n${"#\n".repeat(bytes / 2)}`;
}

/** A release archive of `version` whose `temporal` is a script. */
export function fakeRelease(version: string): Uint8Array {
  return tarGz([{ name: "LICENSE", data: "MIT" }, { name: "temporal", data: fakeTemporal(version) }]);
}

export const target = releaseTarget(process.platform, process.arch) ?? "none";

/** The paths of a release beneath the base. */
export function releasePaths(version: string): { archive: string; checksums: string } {
  return { archive: `/v${version}/${archiveName(version, target)}`, checksums: `/v${version}/checksums.txt` };
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The `checksums.txt` of a release. */
export function checksumsOf(version: string, archive: Uint8Array): string {
  return `${"0".repeat(64)}  another.tar.gz\n${sha256(archive)}  ${archiveName(version, target)}\n`;
}

/** Serves a whole release: the archive, and the sums beside it. */
export function serveRelease(version: string, archive: Uint8Array, serveArchive?: Respond): Respond {
  const paths = releasePaths(version);
  return (socket, request) => {
    if (request.path === paths.archive) (serveArchive ?? ((s, r) => serveBytes(s, r, archive)))(socket, request);
    else if (request.path === paths.checksums) {
      serveBytes(socket, request, new TextEncoder().encode(checksumsOf(version, archive)));
    } else notThere(socket);
  };
}
