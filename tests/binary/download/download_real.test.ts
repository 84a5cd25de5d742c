// test: seconds 400
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, mkdirSync, statSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { describe, it } from "node:test";
import { createGzip } from "node:zlib";
import { assert, assertEquals } from "@std/assert";
import { readTemporalVersion } from "../../../lib/binary/ask_binary.ts";
import { installTemporal } from "../../../lib/binary/install.ts";
import { realTemporal, withTempDir } from "../../support.ts";
import { answer, type SeenRequest, tar, target, withServer } from "./support.ts";

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Uint8Array);
  return hash.digest("hex");
}

/** A release archive with the real binary in it, made without holding either in memory. */
async function packReal(binary: string, archive: string): Promise<void> {
  const { size } = statSync(binary);
  const head = tar([{ name: "temporal", claimsBytes: size }]).subarray(0, 512);
  const tail = new Uint8Array((512 - size % 512) % 512 + 1024);
  const whole = async function* () {
    yield head;
    yield* createReadStream(binary, { highWaterMark: 1 << 20 });
    yield tail;
  };
  await pipeline(whole, createGzip({ level: 1 }), createWriteStream(archive));
}

/** Serves the file, ranges included, and breaks the first answer off in its middle. */
function serveFile(path: string): (socket: Socket, request: SeenRequest) => void {
  const { size } = statSync(path);
  return (socket, request) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers["range"] ?? "")?.[1] ?? 0);
    const headers = { "content-length": size - start, etag: '"real"' };
    if (start === 0) answer(socket, 200, headers);
    else answer(socket, 206, { ...headers, "content-range": `bytes ${start}-${size - 1}/${size}` });
    const end = start === 0 ? Math.floor(size / 2) : size - 1;
    createReadStream(path, { start, end }).on("error", () => socket.destroy()).pipe(socket);
  };
}

describe("the real Temporal in a release archive", () => {
  it("arrives whole through a connection that breaks, checked against a pinned sum, and runs", () =>
    withTempDir(async (folder) => {
      const binary = realTemporal();
      const { cli } = await readTemporalVersion(binary);
      const version = cli ?? "1.5.1";
      const archive = join(folder, "archive.tar.gz");
      await packReal(binary, archive);
      const sums = { [version]: { [target]: await sha256Of(archive) } };
      const home = join(folder, "home");
      mkdirSync(home);
      await withServer(serveFile(archive), async ({ base, seen }) => {
        const env = { PATH: "/nowhere", STIGMER_TEMPORAL_MIRROR: base };
        const installed = await installTemporal({ version, home, env, cwd: home, tuning: { sums } });
        assertEquals([installed.source, installed.trust], ["downloaded", "pinned"]);
        assert(seen.length === 2 && seen[1]!.headers["if-range"] === '"real"', JSON.stringify(seen));
        assertEquals(statSync(installed.path).size, statSync(binary).size);
        assertEquals((await readTemporalVersion(installed.path)).server, (await readTemporalVersion(binary)).server);
      });
    }));
});
