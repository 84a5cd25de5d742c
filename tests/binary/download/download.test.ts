import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DEFAULT_TIMING, type DownloadTiming } from "../../../lib/binary/download/download.ts";
import { type InstallOptions, installTemporal } from "../../../lib/binary/install.ts";
import { type InstallNews, renderInstallProgress } from "../../../lib/binary/render_install.ts";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { withTempDir } from "../../support.ts";
import {
  answer,
  checksumsOf,
  fakeRelease,
  fakeTemporal,
  notThere,
  releasePaths,
  type Respond,
  serveBytes,
  serveRelease,
  sha256,
  target,
  tarGz,
  withServer,
} from "./support.ts";

const VERSION = "1.4.1";
/** Not to wait long for what is to happen; what must not happen has its usual time. */
const QUICK: DownloadTiming = { ...DEFAULT_TIMING, stallTimeoutMs: 400, baseDelayMs: 10 };

/** An install into a home in `folder` from `base`, without Go. */
function optionsFor(folder: string, base: string, more: Partial<InstallOptions> = {}): InstallOptions {
  const home = join(folder, "home");
  mkdirSync(home, { recursive: true });
  // A Go that is found in its usual place all the same is to fetch nothing.
  const env = { PATH: join(folder, "no-tools"), GOPROXY: "off", GOFLAGS: "-mod=mod", STIGMER_TEMPORAL_MIRROR: base };
  return { version: VERSION, home, env, cwd: folder, tuning: { timing: QUICK }, ...more };
}

const leftIn = (folder: string) => readdirSync(join(folder, "home", "bin")).sort();

/** What an install says when it fails, with nothing left behind. */
async function failure(folder: string, options: InstallOptions): Promise<LocalError> {
  const error = await assertRejects(() => installTemporal(options), LocalError);
  assertEquals(leftIn(folder), ["install.lock"]);
  return error;
}

/** A release whose `temporal` prints nothing for a minute. */
const SILENT = tarGz([{ name: "temporal", data: "#!/bin/sh\nexec sleep 60\n" }]);

describe("a download of a binary that the system checks for long", () => {
  it("is kept, because its checksum is right and the check would begin from the start", () =>
    withTempDir((folder) =>
      withServer(serveRelease(VERSION, SILENT), async ({ base }) => {
        const lines: string[] = [];
        const firstRun = { timeoutMs: 300, isDelayed: true };
        const { path, trust } = await installTemporal(optionsFor(folder, base, {
          onProgress: (news) => lines.push(renderInstallProgress(news, false)),
          tuning: { timing: QUICK, firstRun },
        }));
        assertEquals([trust, existsSync(path)], ["published", true]);
        assertEquals(leftIn(folder), ["install.lock", `temporal-${VERSION}`]);
        assert(lines.some((line) => line.includes("which macOS checks before its first run")), lines.join("\n"));
      })
    ));

  it("is discarded where the system checks nothing", () =>
    withTempDir((folder) =>
      withServer(serveRelease(VERSION, SILENT), async ({ base }) => {
        const tuning = { timing: QUICK, firstRun: { timeoutMs: 300, isDelayed: false } };
        const error = await failure(folder, optionsFor(folder, base, { tuning }));
        assertEquals(error.code, "binary-not-found");
      })
    ));
});

describe("a download", () => {
  it("takes the binary out of the archive that its checksums.txt names", () =>
    withTempDir((folder) =>
      withServer(serveRelease(VERSION, fakeRelease(VERSION)), async ({ base, seen }) => {
        const phases = new Set<string>();
        const installed = await installTemporal(
          optionsFor(folder, `${base}/`, { onProgress: ({ phase }) => phases.add(phase) }),
        );
        assertEquals(installed, {
          path: join(folder, "home", "bin", `temporal-${VERSION}`),
          version: VERSION,
          source: "downloaded",
          trust: "published",
          url: base + releasePaths(VERSION).archive,
        });
        assertEquals(readFileSync(installed.path, "utf8"), fakeTemporal(VERSION));
        assertEquals(statSync(installed.path).mode & 0o111, 0o111);
        assertEquals(leftIn(folder), ["install.lock", `temporal-${VERSION}`]);
        assertEquals(seen.map(({ path }) => path), [releasePaths(VERSION).checksums, releasePaths(VERSION).archive]);
        assertEquals([...phases], ["unpinned", "connecting", "downloading", "unpacking", "checking"]);
      })
    ));

  it("asks for no checksums.txt of a version whose sum is in the source", () =>
    withTempDir((folder) => {
      const archive = fakeRelease(VERSION);
      return withServer(serveRelease(VERSION, archive), async ({ base, seen }) => {
        const sums = { [VERSION]: { [target]: sha256(archive) } };
        const installed = await installTemporal(optionsFor(folder, base, { tuning: { timing: QUICK, sums } }));
        assertEquals(installed.trust, "pinned");
        assertEquals(seen.map(({ path }) => path), [releasePaths(VERSION).archive]);
      });
    }));

  it("goes on after a connection that breaks, from where it broke", () =>
    withTempDir((folder) => {
      const archive = tarGz([{ name: "temporal", data: fakeTemporal(VERSION) }, { name: "pad", data: noise(300_000) }]);
      let tries = 0;
      const respond = serveRelease(VERSION, archive, (socket, request) => {
        tries++;
        serveBytes(socket, request, archive, { etag: '"one"', ...(tries < 4 ? { cutAt: tries * 70_000 } : {}) });
      });
      return withServer(respond, async ({ base, seen }) => {
        const told: InstallNews[] = [];
        await installTemporal(optionsFor(folder, base, { onProgress: (news) => told.push(news) }));
        const asked = seen.filter(({ path }) => path === releasePaths(VERSION).archive).map(({ headers }) => headers);
        assertEquals(asked.length, 4);
        assertEquals(asked.map((headers) => headers["range"]).slice(1), [
          "bytes=70000-",
          "bytes=140000-",
          "bytes=210000-",
        ]);
        assertEquals(asked[1]!["if-range"], '"one"');
        assert(told.some(({ phase }) => phase === "retrying"));
      });
    }));

  it("begins again when the file on the server changed meanwhile, or the server knows no ranges", async () => {
    for (const ignoresRanges of [false, true]) {
      await withTempDir((folder) => {
        const old = tarGz([{ name: "temporal", data: noise(200_000) }]);
        const archive = tarGz([{ name: "temporal", data: fakeTemporal(VERSION) }, { name: "p", data: noise(200_000) }]);
        let tries = 0;
        const respond = serveRelease(VERSION, archive, (socket, request) => {
          if (tries++ === 0) serveBytes(socket, request, old, { etag: '"old"', cutAt: 50_000 });
          else serveBytes(socket, request, archive, { etag: '"new"', ignoresRanges });
        });
        return withServer(respond, async ({ base }) => {
          assertEquals((await installTemporal(optionsFor(folder, base))).source, "downloaded");
          assertEquals(tries, 2);
        });
      });
    }
  });

  it("is taken whole once more when what was put together from two files is neither", () =>
    withTempDir((folder) => {
      const archive = tarGz([{ name: "temporal", data: fakeTemporal(VERSION) }, { name: "p", data: noise(200_000) }]);
      let tries = 0;
      const respond = serveRelease(VERSION, archive, (socket, request) => {
        // Without an ETag nothing tells that the first part is of another file.
        if (tries++ === 0) serveBytes(socket, request, archive.map((byte) => byte ^ 1), { cutAt: 50_000 });
        else serveBytes(socket, request, archive);
      });
      return withServer(respond, async ({ base, seen }) => {
        assertEquals((await installTemporal(optionsFor(folder, base))).source, "downloaded");
        assertEquals(seen.slice(1).map(({ headers }) => headers["range"]), [undefined, "bytes=50000-", undefined]);
      });
    }));

  it("goes on after a stall", () =>
    withTempDir((folder) => {
      const archive = tarGz([{ name: "temporal", data: fakeTemporal(VERSION) }, { name: "p", data: noise(200_000) }]);
      let tries = 0;
      const respond = serveRelease(VERSION, archive, (socket, request) => {
        if (tries++ > 0) return serveBytes(socket, request, archive, { etag: '"one"' });
        answer(socket, 200, { "content-length": archive.length, etag: '"one"' }, archive.subarray(0, 90_000));
      });
      return withServer(respond, async ({ base, seen }) => {
        const whys: string[] = [];
        const onProgress = (news: InstallNews) => news.phase === "retrying" && whys.push(news.why);
        await installTemporal(optionsFor(folder, base, { onProgress }));
        assertEquals(seen.at(-1)!.headers["range"], "bytes=90000-");
        assert(whys.includes("nothing came for 0.4 s"), whys.join());
      });
    }));

  it("tries a busy server again, and gives up on one that stays so", () =>
    withTempDir((folder) => {
      const archive = fakeRelease(VERSION);
      let busy = 2;
      const respond: Respond = (socket, request) => {
        if (busy-- > 0) answer(socket, 503, { "content-length": 0, "retry-after": "0" });
        else serveRelease(VERSION, archive)(socket, request);
      };
      return withServer(respond, async ({ base, seen }) => {
        assertEquals((await installTemporal(optionsFor(folder, base))).source, "downloaded");
        busy = Infinity;
        const error = await assertRejects(
          () => installTemporal(optionsFor(folder, base, { version: "1.4.2" })),
          LocalError,
          "status 503",
        );
        assert(Array.isArray(error.facts["tried"]) && error.facts["tried"].length === 2);
        assertEquals(seen.filter(({ path }) => path.includes("1.4.2")).length, QUICK.maxTries);
      });
    }));

  it("refuses bytes that are not what was published, and does not build what it could not trust", () =>
    withTempDir((folder) => {
      const archive = fakeRelease(VERSION);
      const respond = serveRelease(VERSION, archive, (socket, request) => {
        serveBytes(socket, request, archive.map((byte, at) => at === 30 ? byte ^ 1 : byte));
      });
      return withServer(respond, async ({ base }) => {
        const error = await failure(folder, optionsFor(folder, base));
        assert(error.message.includes("Checksum mismatch"), error.message);
        assertEquals(error.facts["isBlocked"], false);
      });
    }));

  it("refuses the real version's archive with another content: the sum in the source counts, not a checksums.txt", () =>
    withTempDir((folder) => {
      const archive = fakeRelease("1.5.1");
      return withServer(serveRelease("1.5.1", archive), async ({ base, seen }) => {
        const error = await failure(folder, optionsFor(folder, base, { version: "1.5.1" }));
        assert(error.message.includes("the one pinned in stigmer-local"), error.message);
        assertEquals(seen.length, 1);
      });
    }));

  it("does not believe a length that is too short, and gives up on one that is too long", () =>
    withTempDir((folder) => {
      const archive = fakeRelease(VERSION);
      const claims = (length: number) =>
        serveRelease(VERSION, archive, (socket) => {
          answer(socket, 200, { "content-length": length }, archive);
          socket.end();
        });
      return withServer(claims(archive.length - 5), async ({ base }) => {
        const error = await failure(folder, optionsFor(folder, base));
        assert(error.message.includes("Checksum mismatch"), error.message);
      }).then(() =>
        withServer(claims(archive.length + 5), async ({ base, seen }) => {
          const error = await failure(folder, optionsFor(folder, base));
          assert(error.message.includes("broke") || error.message.includes("promised"), error.message);
          assert(seen.length <= 2 * QUICK.maxTries, `${seen.length} requests`);
        })
      ).then(() =>
        withServer(claims(3 * 2 ** 30), async ({ base }) => {
          const error = await failure(folder, optionsFor(folder, base));
          assert(error.message.includes("larger than"), error.message);
        })
      );
    }));

  it("follows redirects, and none that leaves for a place without TLS or goes in a circle", () =>
    withTempDir((folder) => {
      const archive = fakeRelease(VERSION);
      const paths = releasePaths(VERSION);
      let to = "/elsewhere/";
      const respond: Respond = (socket, request) => {
        if (request.path === paths.checksums) {
          return serveBytes(socket, request, new TextEncoder().encode(checksumsOf(VERSION, archive)));
        }
        if (request.path === "/elsewhere/x") return serveBytes(socket, request, archive);
        answer(socket, 302, { location: to === "self" ? request.path : `${to}x`, "content-length": 0 });
      };
      return withServer(respond, async ({ base }) => {
        assertEquals((await installTemporal(optionsFor(folder, base))).source, "downloaded");
        await withTempDir(async (other) => {
          to = "http://mirror.invalid/";
          assert((await failure(other, optionsFor(other, base))).message.includes("not https://"));
          to = "self";
          assert((await failure(other, optionsFor(other, base))).message.includes("redirects more than"));
        });
      });
    }));

  it("says that a version does not exist", () =>
    withTempDir((folder) =>
      withServer(notThere, async ({ base }) => {
        const error = await failure(folder, optionsFor(folder, base, { version: "9.9.9" }));
        assert(error.message.includes("responded with status 404 (not found)"), error.message);
      })
    ));

  it("shows no password of a mirror, and gives it to that mirror", () =>
    withTempDir((folder) =>
      withServer(notThere, async ({ port, seen }) => {
        const options = optionsFor(folder, `http://me:se%40cret@127.0.0.1:${port}/x`);
        const error = await failure(folder, options);
        assert(!/se(%40|@)cret/.test(JSON.stringify(error.facts) + error.message), error.message);
        assertEquals(seen[0]!.headers["authorization"], `Basic ${btoa("me:se@cret")}`);
      })
    ));
});

describe("an archive", () => {
  const refused = (what: string, archive: Uint8Array, says: string) =>
    it(what, () =>
      withTempDir((folder) =>
        withServer(serveRelease(VERSION, archive), async ({ base }) => {
          const error = await failure(folder, optionsFor(folder, base));
          assert(error.message.includes(says), error.message);
        })
      ));

  refused("that is none is refused", new TextEncoder().encode("<html>log in here</html>"), "cannot be unpacked");
  refused("of another version is refused", fakeRelease("1.2.3"), "reports version 1.2.3");
});

describe("two installs at once", () => {
  it("download one archive: the other waits, then finds it", () =>
    withTempDir((folder) => {
      const archive = fakeRelease(VERSION);
      const respond = serveRelease(VERSION, archive, (socket, request) => {
        setTimeout(() => serveBytes(socket, request, archive), 300);
      });
      return withServer(respond, async ({ base, seen }) => {
        const options = optionsFor(folder, base);
        const both = await Promise.all([installTemporal(options), installTemporal(options)]);
        assertEquals(both.map(({ source }) => source).sort(), ["downloaded", "managed"]);
        assertEquals(seen.filter(({ path }) => path === releasePaths(VERSION).archive).length, 1);
        assertEquals(leftIn(folder), ["install.lock", `temporal-${VERSION}`]);
      });
    }));
});

describe("an install that is interrupted", () => {
  it("ends in the middle of the download and leaves nothing behind", () =>
    withTempDir((folder) => {
      const controller = new AbortController();
      const respond = serveRelease(VERSION, fakeRelease(VERSION), (socket) => {
        answer(socket, 200, { "content-length": 1_000_000 }, noise(1_000));
        setTimeout(() => controller.abort(new Error("enough")), 50);
      });
      return withServer(respond, async ({ base }) => {
        const timing = DEFAULT_TIMING;
        const options = optionsFor(folder, base, { signal: controller.signal, tuning: { timing } });
        await assertRejects(() => installTemporal(options), Error, "enough");
        assertEquals(leftIn(folder), ["install.lock"]);
      });
    }));
});

function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65_536)));
  return bytes;
}
