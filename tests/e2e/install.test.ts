// test: seconds 400
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { answer, type Respond, serveBytes, serveRelease, tarGz, withServer } from "../binary/download/support.ts";
import { DEFAULT_TEMPORAL_VERSION } from "../../lib/config/temporal_versions.ts";
import {
  configure,
  otherRuntime,
  ownRuntime,
  temporalBinary,
  type TestInstance,
  until,
  withInstance,
} from "./support.ts";
import { withFileSystem } from "./support_places.ts";
import { binaryThatRuns, from, release, releases } from "./support_releases.ts";

const storeOf = ({ home }: TestInstance) => join(home, "store");
const inStore = (instance: TestInstance) => readdirSync(storeOf(instance)).sort();
const managed = (instance: TestInstance, version: string) => join(storeOf(instance), `temporal-${version}`);
const envFrom = (base: string, instance: TestInstance) => from(base, { STIGMER_STORE: storeOf(instance) });

describe("install", () => {
  it("and --version select what runs, restart changes to the installed version, and the running one is never removed", () =>
    withServer(releases("1.4.1", "1.4.2"), ({ base, seen }) =>
      withInstance(async (instance) => {
        const env = envFrom(base, instance);
        const started = await instance.run(["start", "--version", "1.4.1", "--headless"], { env });
        assertEquals(started.code, 0, started.stderr);
        assertStringIncludes(started.stderr, "note: no SHA-256 of Temporal 1.4.1 is pinned in stigmer-local");
        assertEquals(binaryThatRuns(instance), managed(instance, "1.4.1"));

        assertStringIncludes((await instance.run(["start", "--version", "1.4.1"], { env })).stdout, "reused");
        const other = await instance.run(["start", "--version", "1.4.2"], { env });
        assertEquals(other.code, 1);
        assertStringIncludes(other.stderr, "Temporal is already running with different settings");

        const plain = await instance.run(["restart"], { env });
        assertEquals(plain.code, 0, plain.stderr);
        assertEquals(binaryThatRuns(instance), managed(instance, "1.4.1"));

        const installed = await instance.run(["install", "--version", "1.4.2", "--json"], { env });
        assertEquals(installed.code, 0, installed.stderr);
        const { path, trust, source } = JSON.parse(installed.stdout);
        assertEquals([path, trust, source], [managed(instance, "1.4.2"), "published", "downloaded"]);
        assertEquals(binaryThatRuns(instance), managed(instance, "1.4.1"));
        for (let i = 0; i < 2; i++) {
          const moved = await instance.run(["restart"], { env, runtime: i === 0 ? ownRuntime : otherRuntime });
          assertEquals(moved.code, 0, moved.stderr);
          assertEquals(binaryThatRuns(instance), managed(instance, "1.4.2"));
        }

        const list = JSON.parse((await instance.run(["install", "--list", "--json"], { env })).stdout);
        type Listed = { version: string; isRunning: boolean; isNext: boolean };
        assertEquals(list.versions.map(({ version, isRunning, isNext }: Listed) => [version, isRunning, isNext]), [
          ["1.4.1", false, false],
          ["1.4.2", true, true],
        ]);
        const refused = await instance.run(["install", "--remove", "1.4.2"], { env });
        assertEquals(refused.code, 1);
        assertStringIncludes(refused.stderr, "Cannot remove Temporal 1.4.2: it is running");
        for (let i = 0; i < 2; i++) {
          assertEquals((await instance.run(["install", "--remove", "1.4.1"], { env })).code, 0);
          assert(!existsSync(managed(instance, "1.4.1")));
        }
        await instance.stop(["--force"]);
        assertEquals((await instance.run(["start"], { env })).code, 0);
        assertEquals(binaryThatRuns(instance), managed(instance, "1.4.2"));
        await instance.stop(["--force"]);
        assertEquals((await instance.run(["install", "--remove", "1.4.2"], { env })).code, 0);
        assertEquals(inStore(instance), ["install.lock"]);
        assertEquals(seen.length, 4); // the checksums and the archive of each, once
      })));

  it("installs the version in the settings, and selects none", () =>
    withServer(releases("1.4.1", "1.4.2"), ({ base }) =>
      withInstance(async (instance) => {
        const env = envFrom(base, instance);
        configure(instance, "version: 1.4.1");
        const versionOf = async (args: string[], more = {}) => {
          const { code, stdout, stderr } = await instance.run(["install", "--json", ...args], {
            env: { ...env, ...more },
          });
          assertEquals(code, 0, stdout + stderr);
          return JSON.parse(stdout).version;
        };
        assertEquals(await versionOf([]), "1.4.1");
        assertEquals(await versionOf([], { STIGMER_TEMPORAL_VERSION: "v1.4.2" }), "1.4.2");
        const other = await instance.run(["install", "--version", "1.4.2"], { env });
        assertStringIncludes(other.stdout, "config.yaml:1: version selects another one");
        const named = await instance.run(["install"], { env: { ...env, STIGMER_TEMPORAL_BIN: temporalBinary() } });
        assertStringIncludes(named.stdout, "$STIGMER_TEMPORAL_BIN selects another one");
        const list = JSON.parse((await instance.run(["install", "--list", "--json"], { env })).stdout);
        assertEquals(
          list.versions.map(({ version, isNext }: { version: string; isNext: boolean }) => [version, isNext]),
          [
            ["1.4.1", true],
            ["1.4.2", false],
          ],
        );
        assertEquals((await instance.run(["install", "--remove", "1.4.2"], { env })).code, 0);
        const started = await instance.run(["start", "--headless"], { env });
        assertEquals([started.code, binaryThatRuns(instance)], [0, managed(instance, "1.4.1")], started.stderr);

        const wrong = await instance.run(["install"], { env: { ...env, STIGMER_TEMPORAL_VERSION: "newest" } });
        assertEquals(wrong.code, 2);
        assertStringIncludes(wrong.stderr, "for $STIGMER_TEMPORAL_VERSION: expected a version such as 1.8.2");
      })));

  it("of an older version refuses the data of a newer one, and says what to do", () => {
    const newer = serveRelease("1.6.0", release("1.6.0", "1.30.0"));
    const older = releases("1.4.1");
    const both: Respond = (socket, request) => (request.path.includes("1.6.0") ? newer : older)(socket, request);
    return withServer(both, ({ base }) =>
      withInstance(async (instance) => {
        const env = envFrom(base, instance);
        const started = await instance.run(["start", "--version", "1.6.0", "--headless"], { env });
        assertEquals(started.code, 0, started.stderr);
        const note = `${instance.paths.defaultDatabase}.server`;
        await until("the server is noted", () => existsSync(note));
        const refused = await instance.run(["restart", "--version", "1.4.1"], { env });
        assertEquals(refused.code, 1);
        assertStringIncludes(refused.stderr, "was last served by Temporal server 1.30.0");
        assertStringIncludes(refused.stderr, "--version 1.6.0");
        const again = await instance.run(["start", "--version", "1.6.0", "--headless"], { env });
        assertEquals(again.code, 0, again.stderr);
      }));
  });

  it("does not start an archive with a wrong checksum, nor anything else instead", () =>
    withServer(releases(DEFAULT_TEMPORAL_VERSION), ({ base }) =>
      withInstance(async (instance) => {
        const started = await instance.run(["start"], { env: envFrom(base, instance) });
        assertEquals(started.code, 1);
        assertStringIncludes(started.stderr, "Checksum mismatch");
        assert(!started.stderr.includes("building"), started.stderr);
        assertEquals(inStore(instance), ["install.lock"]);
        assert(!existsSync(instance.paths.record));
      })));

  it("killed in the middle, or interrupted by Ctrl-C, leaves nothing that breaks the next one", () => {
    const archive = release("1.4.1");
    let isWhole = false;
    const respond = serveRelease("1.4.1", archive, (socket, request) => {
      if (isWhole) serveBytes(socket, request, archive);
      else answer(socket, 200, { "content-length": archive.length }, archive.subarray(0, 200));
    });
    return withServer(respond, ({ base }) =>
      withInstance(async (instance) => {
        const begin = async () => {
          const installing = instance.launch(["install", "--version", "1.4.1"], { env: envFrom(base, instance) });
          await until("the download is under way", () => installing.stderr().includes("%"));
          return installing;
        };
        const interrupted = await begin();
        interrupted.kill("SIGINT");
        const { code, stderr } = await interrupted.ended;
        assertEquals(code, 130);
        assertStringIncludes(stderr, "temporary files were removed");
        assertEquals(inStore(instance), ["install.lock"]);

        const killed = await begin();
        killed.kill("SIGKILL");
        await killed.ended;
        assertEquals(inStore(instance).length, 2); // the temporary files
        isWhole = true;
        const next = await instance.run(["install", "--version", "1.4.1"], { env: envFrom(base, instance) });
        assertEquals(next.code, 0, next.stderr);
        assertEquals(inStore(instance), ["install.lock", "temporal-1.4.1"]);
      }));
  });

  it("on a full disk says so and leaves nothing", (t) => {
    const archive = tarGz([{ name: "temporal", data: new Uint8Array(8 << 20) }]);
    return withServer(
      serveRelease("1.4.1", archive),
      ({ base }) =>
        withFileSystem(t, "2m", ({ path: home }) =>
          withInstance(async (instance) => {
            const { code, stderr } = await instance.run(["install", "--version", "1.4.1", "--home", home], {
              env: { ...envFrom(base, instance), STIGMER_STORE: join(home, "store") },
            });
            assertEquals(code, 1);
            assertStringIncludes(stderr, "ENOSPC: no space left on its file system");
            assertEquals(readdirSync(join(home, "store")), ["install.lock"]);
          })),
    );
  });
});
