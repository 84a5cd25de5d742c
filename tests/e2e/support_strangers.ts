import { spawn } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { openGrpcChannel } from "../../lib/grpc/channel.ts";
import { checkServing } from "../../lib/grpc/health.ts";
import { currentHost } from "../../lib/platform/runtime/current_host.ts";
import { temporalBinary, until } from "./support.ts";

/** A foreign process, which the tool must leave alone. */
export interface Stranger {
  pid: number;
  isAlive(): boolean;
}

/** The command line of a foreign process on a port (`fixtures/stranger.mjs`). */
export function strangerCommand(kind: "tcp" | "grpc", host: string, port: number): string[] {
  const script = fileURLToPath(new URL("./fixtures/stranger.mjs", import.meta.url));
  return [process.env["STIGMER_TEST_NODE"]!, script, kind, host, `${port}`];
}

/** Runs `body` beside a process that listens on `port` of `host`; kills it afterwards. */
export function withStranger<T>(
  kind: "tcp" | "grpc",
  host: string,
  port: number,
  body: (stranger: Stranger) => Promise<T>,
): Promise<T> {
  return withService(startService(strangerCommand(kind, host, port), (output) => output.includes("ready")), body);
}

/** Runs `body` beside a Temporal that was started by hand; kills it afterwards. */
export function withTemporalByHand<T>(
  port: number,
  args: readonly string[],
  body: (stranger: Stranger) => Promise<T>,
): Promise<T> {
  return withService(startService([...temporalByHand(port), ...args], () => saysServing(port)), body);
}

/** The command line of a Temporal started by hand, without a UI. */
export function temporalByHand(port: number): string[] {
  return [temporalBinary(), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", `${port}`];
}

/** A process that a test started. */
export interface Service extends Stranger {
  end(): Promise<void>;
}

/** Starts a process, and waits until its output says that it is ready. */
export async function startService(
  [file, ...args]: string[],
  isReady: (output: string) => boolean | Promise<boolean>,
): Promise<Service> {
  const child = spawn(file!, args, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => output += text);
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  const end = async () => {
    if (isAlive()) process.kill(-child.pid!, "SIGKILL");
    await gone;
  };
  try {
    await until(`${file} is ready`, () => {
      if (!isAlive()) throw new Error(`${file} exited: ${output}`);
      return isReady(output);
    });
  } catch (error) {
    await end();
    throw error;
  }
  return { pid: child.pid!, isAlive, end };
}

async function withService<T>(starting: Promise<Service>, body: (stranger: Stranger) => Promise<T>): Promise<T> {
  const service = await starting;
  try {
    return await body(service);
  } finally {
    await service.end();
  }
}

/** Runs `body` while another process than Temporal, this one, listens on `port` of 127.0.0.1. */
export async function whileInUse<T>(port: number, body: () => Promise<T>): Promise<T> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  try {
    return await body();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Whether the listener on `port` answers a health check with SERVING. */
export async function saysServing(port: number): Promise<boolean> {
  const { connect } = await currentHost();
  const channel = await openGrpcChannel(connect, { host: "127.0.0.1", port }, 1000).catch(() => null);
  if (channel === null) return false;
  try {
    return await checkServing(channel, 1000) === "serving";
  } finally {
    channel.close();
  }
}

/**
 * Writes a shell script that replaces `temporal server …`, and returns its path. `$TEMPORAL` in it is the real binary, which
 * runs all other commands, such as `--version`.
 */
export function fakeTemporal(folder: string, script: string): string {
  const path = join(folder, "fake-temporal");
  const lines = ["#!/bin/sh", `TEMPORAL='${temporalBinary()}'`, 'test "$1" = server || exec "$TEMPORAL" "$@"', script];
  writeFileSync(path, lines.join("\n") + "\n");
  chmodSync(path, 0o755);
  return path;
}
