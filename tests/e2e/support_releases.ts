import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { notThere, type Respond, serveRelease, tarGz } from "../binary/download/support.ts";
import { temporalBinary, type TestInstance } from "./support.ts";

/** A program that reports `version` with this `server`, and otherwise is the real Temporal. */
function program(version: string, server: string): string {
  return `#!/bin/sh\n[ "$1" = --version ] && echo "temporal version ${version} (Server ${server}, UI 2.42.1)" && exit\n` +
    `exec '${temporalBinary()}' "$@"\n`;
}

/** A release whose `temporal` reports `version`, with this `server`, and otherwise is the real one. */
export function release(version: string, server = "1.29.1"): Uint8Array {
  return tarGz([{ name: "LICENSE", data: "MIT" }, { name: "temporal", data: program(version, server) }]);
}

/** Serves releases of these versions. */
export function releases(...versions: string[]): Respond {
  const served = new Map(versions.map((version) => [version, serveRelease(version, release(version))]));
  return (socket, request) => (served.get(/^\/v([^/]+)\//.exec(request.path)?.[1] ?? "") ?? notThere)(socket, request);
}

/**
 * The environment of a command that finds no Temporal except the one that it installs.
 *
 * @param more For example `STIGMER_STORE`.
 */
export function from(base: string, more: Record<string, string>) {
  return {
    STIGMER_TEMPORAL_BIN: "",
    STIGMER_TEMPORAL_MIRROR: base,
    PATH: (process.env["PATH"] ?? "").split(":").filter((folder) => !existsSync(join(folder, "temporal"))).join(":"),
    GOPROXY: "off",
    GOFLAGS: "-mod=mod",
    ...more,
  };
}

/** Makes a `go` in `folder` whose `go install` writes a Temporal of `version`, and appends a line to `folder`/builds. */
export function makeGo(folder: string, version: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "built"), program(version, "1.29.1"), { mode: 0o755 });
  const script = `#!/bin/sh\necho x >>'${folder}/builds'\nsleep 0.5\ncp '${folder}/built' "$GOBIN/temporal"\n`;
  writeFileSync(join(folder, "go"), script, { mode: 0o755 });
}

/** The path of the binary that the instance's record names. */
export function binaryThatRuns({ paths }: TestInstance): string | undefined {
  return /^binary=(.*)$/m.exec(readFileSync(paths.record, "utf8"))?.[1];
}
