// test: seconds 300
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readTemporalVersion } from "../../lib/binary/ask_binary.ts";
import { archiveName } from "../../lib/binary/download/release_files.ts";
import { DEFAULT_TEMPORAL_VERSION } from "../../lib/config/temporal_versions.ts";
import { serverNotePath } from "../../lib/database/server_note.ts";
import {
  answer,
  notThere,
  releasePaths,
  type Respond,
  serveBytes,
  serveRelease,
  target,
  withServer,
} from "../binary/download/support.ts";
import { withTempDir } from "../support.ts";
import {
  isAlive,
  otherRuntime,
  ownRuntime,
  temporalBinary,
  type TestInstance,
  until,
  withInstance,
} from "./support.ts";
import { killHard, pidsOf, readPid, stopCleanly } from "./support_lifecycle.ts";
import { binaryThatRuns, from, makeGo, release } from "./support_releases.ts";

/** Runs `body` with two homes of one user. */
function withTwoHomes(
  body: (first: TestInstance, second: TestInstance, userHome: string) => Promise<void>,
): Promise<void> {
  return withTempDir((userHome) => withInstance((first) => withInstance((second) => body(first, second, userHome))));
}

const storeIn = (userHome: string) => join(userHome, ".stigmer", "bin");

type Listed = { version: string; path: string; isRunning: boolean; isNext: boolean; usedBy: string[] };

describe("the store of binaries", () => {
  it("is the user's, whatever the home: two starts at once get one archive, and it stays while one runs it", () => {
    const archive = release("1.4.1");
    const slow = serveRelease("1.4.1", archive, (socket, request) => {
      setTimeout(() => serveBytes(socket, request, archive), 1_000); // so that the second start comes meanwhile
    });
    return withServer(slow, ({ base, seen }) =>
      withTwoHomes(async (first, second, HOME) => {
        const env = from(base, { HOME });
        const args = ["start", "--version", "1.4.1", "--headless"];
        const both = await Promise.all([
          first.run(args, { env, runtime: ownRuntime }),
          second.run(args, { env, runtime: otherRuntime }),
        ]);
        assertEquals(both.map(({ code }) => code), [0, 0], both.map(({ stderr }) => stderr).join("\n"));
        assertEquals(seen.filter(({ path }) => path === releasePaths("1.4.1").archive).length, 1);
        const path = join(storeIn(HOME), "temporal-1.4.1");
        assertEquals([binaryThatRuns(first), binaryThatRuns(second)], [path, path]);
        assertEquals(readdirSync(storeIn(HOME)).sort(), ["install.lock", "temporal-1.4.1"]);
        for (const { paths } of [first, second]) assert(!existsSync(join(paths.binDir, "temporal-1.4.1")));

        const listed = async (instance: TestInstance) => {
          const { stdout } = await instance.run(["install", "--list", "--json"], { env });
          return (JSON.parse(stdout).versions as Listed[]).map(({ version, usedBy }) => [version, ...usedBy.sort()]);
        };
        assertEquals(await listed(first), [["1.4.1", ...[first.home, second.home].sort()]]);
        await first.stop();
        assertEquals(await listed(first), [["1.4.1", second.home]]);
        const text = await first.run(["install", "--list"], { env, runtime: otherRuntime });
        assertStringIncludes(text.stdout, `${path}  used by ${second.home}`);
        const refused = await first.run(["install", "--remove", "1.4.1"], { env });
        assertEquals(refused.code, 1);
        assertStringIncludes(refused.stderr, `Cannot remove Temporal 1.4.1: ${second.home} is running it`);
        assertStringIncludes(refused.stderr, `stigmer-local stop --home '${second.home}'`);
        assert(existsSync(path));
        await second.stop();
        assertEquals((await first.run(["install", "--remove", "1.4.1"], { env })).code, 0);
        assertEquals(readdirSync(storeIn(HOME)), ["install.lock"]);
      }));
  });

  it("is not needed for a binary that the home holds already", () =>
    withServer(notThere, ({ base, seen }) =>
      withTwoHomes(async (instance, _other, HOME) => {
        const env = from(base, { HOME });
        const path = join(instance.paths.binDir, "temporal-1.4.1");
        mkdirSync(instance.paths.binDir, { mode: 0o700 });
        writeFileSync(path, `#!/bin/sh\nexec '${temporalBinary()}' "$@"\n`, { mode: 0o755 });
        for (const runtime of [ownRuntime, otherRuntime]) {
          const started = await instance.run(["start", "--version", "1.4.1", "--headless"], { env, runtime });
          assertEquals(started.code, 0, started.stderr);
          assertEquals(binaryThatRuns(instance), path);
        }
        assertEquals(seen.length, 0);
        assert(!existsSync(join(HOME, ".stigmer", "bin")));
      })));

  it("holds what Go built in place of a default version that cannot be downloaded, and later starts ask no network", () =>
    withServer(movingOn(), ({ base, seen }) =>
      withTwoHomes(async (first, second, HOME) => {
        const tools = join(HOME, "tools");
        makeGo(tools, "1.5.1");
        const { PATH, ...rest } = from(base, { HOME });
        const env = { ...rest, PATH: `${tools}:${PATH}` };
        const start = ["start", "--headless"];
        const both = await Promise.all([first.run(start, { env }), second.run(start, { env, runtime: otherRuntime })]);
        assertEquals(both.map(({ code }) => code), [0, 0], both.map(({ stderr }) => stderr).join("\n"));
        assertStringIncludes(
          both.map(({ stderr }) => stderr).join(),
          "; building 1.5.1 instead, the newest that Go can build",
        );
        assertEquals(readFileSync(join(tools, "builds"), "utf8"), "x\n");
        const path = join(storeIn(HOME), "temporal-1.5.1");
        assertEquals([binaryThatRuns(first), binaryThatRuns(second)], [path, path]);
        await until("the server is noted", () => existsSync(serverNotePath(first.paths.defaultDatabase)));

        const requests = seen.length;
        await first.stop();
        const again = await first.run(start, { env, runtime: otherRuntime });
        assertEquals([again.code, seen.length], [0, requests], again.stderr);
        assertEquals((await first.run(["stop"])).code, 0);

        const installed = await first.run(["install"], { env });
        assertEquals(installed.code, 0, installed.stderr);
        assertStringIncludes(
          installed.stdout,
          `${DEFAULT_TEMPORAL_VERSION} cannot be downloaded; Temporal 1.5.1 is installed`,
        );
        assert(seen.length > requests);

        const newest = await first.run(["install", "--version", "latest", "--json"], { env });
        assertEquals(JSON.parse(newest.stdout).version, "1.9.9", newest.stderr);
        const moved = await first.run(start, { env });
        assertEquals([moved.code, binaryThatRuns(first)], [0, join(storeIn(HOME), "temporal-1.9.9")], moved.stderr);
        assertStringIncludes(moved.stderr, "note: Temporal 1.9.9 serves the data of 1.5.1 now");
        const reused = await first.run(start, { env });
        assert(!reused.stderr.includes("note: Temporal 1.9.9"), reused.stderr);
        await until("the server is noted", () =>
          readFileSync(serverNotePath(first.paths.defaultDatabase), "utf8").includes("1.9.9"));
        const back = await first.run(["restart", "--version", "1.5.1"], { env });
        assertEquals(back.code, 1);
        assertStringIncludes(back.stderr, "was last served by Temporal server 1.33.0");
      })));
});

/** A mirror without the default version, whose newest release is 1.9.9. */
function movingOn(): Respond {
  const newest = serveRelease("1.9.9", release("1.9.9", "1.33.0"));
  const sums = new TextEncoder().encode(`${"0".repeat(64)}  ${archiveName("1.9.9", target)}\n`);
  return (socket, request) => {
    if (request.path === "/latest/checksums.txt") return answer(socket, 200, { "content-length": sums.length }, sums);
    (request.path.startsWith("/v1.9.9/") ? newest : notThere)(socket, request);
  };
}

/** A real Temporal that runs `onVersion`, lines of sh, when it is asked for its version. Its name says none. */
function temporalThat(folder: string, onVersion: string): string {
  const path = join(folder, "some-temporal");
  const lines = ["#!/bin/sh", `if [ "$1" != server ]; then`, onVersion, "fi", `exec '${temporalBinary()}' "$@"`];
  writeFileSync(path, lines.join("\n") + "\n", { mode: 0o755 });
  return path;
}

describe("the version of Temporal", () => {
  it("is asked for once per binary, and not by start", () =>
    withInstance(async (instance) => {
      const asked = join(instance.home, "asked");
      const binary = temporalThat(instance.home, `echo asked >>'${asked}'`);
      const { cli, server } = await readTemporalVersion(temporalBinary());
      const version = cli ?? `0.0.0-DEV (server ${server})`;
      await instance.start(["--headless", "--temporal-bin", binary]);
      const first = await instance.status();
      assertEquals(first.temporal?.version, version);
      await until("the server is noted", () => existsSync(serverNotePath(instance.paths.defaultDatabase)));
      await killHard(pidsOf(first).supervisor, pidsOf(first).temporal);
      const second = await instance.start(["--headless", "--temporal-bin", binary]);
      assertEquals(second.temporal?.version, version);
      assertEquals(readFileSync(asked, "utf8"), "asked\n");
    }));

  it("is not waited for where the binary hangs, which stop kills", () =>
    withInstance(async (instance) => {
      const pidFile = join(instance.home, "asked.pid");
      const binary = temporalThat(instance.home, `echo $$ >'${pidFile}'; exec sleep 300`);
      const started = await instance.start(["--headless", "--temporal-bin", binary]);
      const pid = await readPid(pidFile);
      assert(isAlive(pid));
      assertEquals(started.temporal?.version, null);
      await stopCleanly(instance, started);
      await until("it is killed", () => !isAlive(pid));
    }));
});
