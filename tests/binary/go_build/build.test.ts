import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { readTemporalVersion } from "../../../lib/binary/ask_binary.ts";
import { findManaged } from "../../../lib/binary/find.ts";
import { goEnvironment } from "../../../lib/binary/go_build/build.ts";
import { installMissing, type InstallOptions, installTemporal } from "../../../lib/binary/install.ts";
import { type InstallNews, renderInstallProgress } from "../../../lib/binary/render_install.ts";
import { LocalError, systemErrorCode } from "../../../lib/errors/local_error.ts";
import { eventually, printedWithoutRights, withTempDir } from "../../support.ts";

/** What a Temporal of version 1.5.1 answers to --version, as a shell script. */
const FAKE_TEMPORAL = '#!/bin/sh\\necho "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"\\n';
const BUILD = `printf '${FAKE_TEMPORAL}' > "$GOBIN/temporal"; chmod +x "$GOBIN/temporal"`;

/** A home, and a `go` that runs `script`. */
function setUp(folder: string, script: string): InstallOptions {
  mkdirSync(join(folder, "tools"));
  mkdirSync(join(folder, "home"));
  writeFileSync(join(folder, "tools", "go"), `#!/bin/sh\ncd '${folder}'\n${script}\n`, { mode: 0o755 });
  return {
    version: "1.5.1",
    home: join(folder, "home"),
    cwd: folder,
    env: {
      PATH: `${join(folder, "tools")}:${process.env["PATH"]}`,
      HOME: folder,
      STIGMER_STORE: join(folder, "home", "bin"),
      STIGMER_TEMPORAL_MIRROR: "off",
      GOBIN: "/nowhere",
      GOOS: "plan9",
      GOPROXY: "kept",
      GIT_DIR: "x",
    },
  };
}

const leftIn = (folder: string) => readdirSync(join(folder, "home", "bin")).sort();

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "ESRCH") return false;
    throw error;
  }
}

describe("goEnvironment()", () => {
  it("has the folders of Homebrew on macOS, last", () => {
    assertEquals(
      goEnvironment({ PATH: "/usr/bin:/bin" }, "/scratch", "darwin")["PATH"],
      "/usr/bin:/bin:/usr/local/go/bin:/opt/homebrew/bin:/usr/local/bin",
    );
    assertEquals(goEnvironment({ PATH: "/bin" }, "/scratch", "linux")["PATH"], "/bin:/usr/local/go/bin");
  });
});

describe("installTemporal() without a download", () => {
  it("builds the version that is asked for, and puts it in place", () =>
    withTempDir(async (folder) => {
      const options = setUp(folder, `echo "$@" > args; env > env; ${BUILD}`);
      const binary = await installTemporal(options);
      const path = join(folder, "home", "bin", "temporal-1.5.1");
      assertEquals(binary, { path, source: "built", version: "1.5.1", trust: null, url: null });
      assertEquals(leftIn(folder), ["install.lock", "temporal-1.5.1"]);
      const args = readFileSync(join(folder, "args"), "utf8");
      assert(args.includes("-X github.com/temporalio/cli/temporalcli.Version=1.5.1 "), args);
      assert(args.trim().endsWith("github.com/temporalio/cli/cmd/temporal@v1.5.1"), args);
      const env = readFileSync(join(folder, "env"), "utf8");
      assert(env.includes("GOPROXY=kept") && !/^(GOOS|GIT_DIR)=/m.test(env) && !env.includes("GOBIN=/nowhere"), env);
    }));

  it("tells what Go does", () =>
    withTempDir(async (folder) => {
      const seen: InstallNews[] = [];
      const script =
        `echo "go: downloading example.com/a v1" >&2; sleep 0.3; printf 'example.com/a\\nexample' >&2; sleep 0.3; echo ".com/b" >&2; ${BUILD}`;
      await installTemporal({ ...setUp(folder, script), onProgress: (progress) => seen.push(progress) });
      const told = seen.map((progress) =>
        "modules" in progress ? `${progress.phase} ${progress.modules} ${progress.packages}` : progress.phase
      );
      assertEquals([...new Set(told)].filter((text) => !["starting 0 0", "blocked"].includes(text)), [
        "fetching 1 0",
        "compiling 1 1",
        "compiling 1 2",
        "checking",
      ]);
    }));

  it("takes what is there without asking Go", () =>
    withTempDir(async (folder) => {
      const options = setUp(folder, "exit 1");
      mkdirSync(join(folder, "home", "bin"));
      writeFileSync(join(folder, "home", "bin", "temporal-1.5.1"), "#!/bin/sh\n", { mode: 0o755 });
      assertEquals((await installTemporal(options)).source, "managed");
    }));

  it("two builds at once make one binary: the loser waits and finds it", () =>
    withTempDir(async (folder) => {
      const options = setUp(folder, `echo run >> runs; sleep 0.5; ${BUILD}`);
      const sources = (await Promise.all([installTemporal(options), installTemporal(options)])).map((binary) =>
        binary.source
      );
      assertEquals(sources.sort(), ["built", "managed"]);
      assertEquals(readFileSync(join(folder, "runs"), "utf8"), "run\n");
    }));

  it("ends Go with all its children when it is interrupted, and leaves nothing behind", () =>
    withTempDir(async (folder) => {
      const controller = new AbortController();
      const script =
        `echo $$ > pid; trap '' INT; (trap '' INT; echo x > "$GOTMPDIR/half"; sleep 60) & echo $! > child; wait`;
      const building = installTemporal({ ...setUp(folder, script), signal: controller.signal });
      const pids = await eventually(() =>
        existsSync(join(folder, "child")) && readFileSync(join(folder, "child"), "utf8").endsWith("\n")
          ? ["pid", "child"]
          : null
      )
        .then((names) => names.map((name) => Number(readFileSync(join(folder, name), "utf8"))));
      controller.abort(new Error("enough"));
      await assertRejects(() => building, Error, "enough");
      assertEquals(leftIn(folder), ["install.lock"]);
      for (const pid of pids) await eventually(() => isAlive(pid) ? null : true);
    }));

  it("does not begin when it is interrupted beforehand", () =>
    withTempDir(async (folder) => {
      const options = setUp(folder, "touch ran");
      const signal = AbortSignal.abort(new Error("enough"));
      await assertRejects(() => installTemporal({ ...options, signal }), Error, "enough");
      assertEquals(existsSync(join(folder, "ran")), false);
    }));

  it("removes what a killed build left", () =>
    withTempDir(async (folder) => {
      const options = setUp(folder, BUILD);
      mkdirSync(join(folder, "home", "bin", ".install-abc", "deep"), { recursive: true });
      writeFileSync(join(folder, "home", "bin", ".install-abc", "deep", "temporal"), "half");
      await installTemporal(options);
      assertEquals(leftIn(folder), ["install.lock", "temporal-1.5.1"]);
    }));

  it("says what Go said when it fails", () =>
    withTempDir(async (folder) => {
      const options = setUp(folder, "echo 'go: x: dial tcp 127.0.0.1:1: connect: connection refused' >&2; exit 1");
      const error = await assertRejects(
        () => installTemporal(options),
        LocalError,
        "the module proxy is unreachable",
      );
      assertEquals(error.code, "install-failed");
      assertEquals(error.facts["goOutput"], ["go: x: dial tcp 127.0.0.1:1: connect: connection refused"]);
      assertEquals(leftIn(folder), ["install.lock"]);
    }));

  it("refuses what was built but is not what was asked for", () =>
    withTempDir(async (folder) => {
      const options = setUp(folder, BUILD.replace("1.5.1 (", "1.4.0 ("));
      await assertRejects(() => installTemporal(options), LocalError, "reports version 1.4.0");
      assertEquals(leftIn(folder), ["install.lock"]);
    }));

  it("refuses a version that is none", () =>
    withTempDir(async (folder) => {
      const options = setUp(folder, "touch ran");
      const error = await assertRejects(() => installTemporal({ ...options, version: "latest; rm -rf ~" }), LocalError);
      assertEquals(error.code, "usage");
    }));

  it("says so when the folder can't be written", (t) =>
    withTempDir((folder) => {
      chmodSync(folder, 0o555);
      const printed = printedWithoutRights("write_here.ts", "home", folder);
      chmodSync(folder, 0o755);
      if (printed === null) return t.skip("nobody can't be had, or can't read this folder");
      assert(printed.includes("cannot write to"), printed);
    }));

  const isOptedIn = process.env["TEST_GO_INSTALL"] === "1";
  it(
    "builds the real Temporal",
    { skip: isOptedIn ? false : "minutes long: TEST_GO_INSTALL=1 runs it" },
    () =>
      withTempDir(async (folder) => {
        const binary = await installTemporal({
          version: "1.5.1",
          home: folder,
          cwd: folder,
          env: { ...process.env, STIGMER_TEMPORAL_MIRROR: "off" },
        });
        assertEquals(await readTemporalVersion(binary.path), { cli: "1.5.1", server: "1.29.1" });
      }),
  );
});

describe("installTemporal() of the default version without a download", () => {
  const newer = (options: InstallOptions): InstallOptions => ({ ...options, version: "1.8.2", mayStandIn: true });

  it("builds the newest version that Go can build, says so, and later starts find it without the network", () =>
    withTempDir(async (folder) => {
      const told: string[] = [];
      const onProgress = (news: InstallNews) => told.push(renderInstallProgress(news, false));
      const options = { ...newer(setUp(folder, `echo x >> builds; ${BUILD}`)), onProgress };
      const path = join(folder, "home", "bin", "temporal-1.5.1");
      const built = await installTemporal(options);
      assertEquals(built, { path, source: "built", version: "1.5.1", trust: null, url: null });
      const line = "Cannot download Temporal 1.8.2: downloads are disabled ($STIGMER_TEMPORAL_MIRROR=off); " +
        "building 1.5.1 instead, the newest that Go can build";
      assertEquals(told.filter((each) => each === line).length, 1, told.join("\n"));
      assert(told.some((each) => each.startsWith("Building Temporal 1.5.1 with Go")), told.join("\n"));
      assertEquals(leftIn(folder), ["install.lock", "instead.json", "temporal-1.5.1"]);
      assertEquals(findManaged(options), { path, source: "managed", version: "1.5.1" });

      told.length = 0;
      assertEquals((await installTemporal(options)).source, "managed"); // asks the network again, and builds nothing
      assert(told.some((each) => each.endsWith("using 1.5.1 instead, which is installed")), told.join("\n"));
      assertEquals(readFileSync(join(folder, "builds"), "utf8"), "x\n");
    }));

  it("uses an installed 1.5.1 instead of building it, also without Go", () =>
    withTempDir(async (folder) => {
      const options = newer(setUp(folder, "exit 1"));
      const path = join(folder, "home", "bin", "temporal-1.5.1");
      mkdirSync(join(folder, "home", "bin"));
      writeFileSync(path, "#!/bin/sh\n", { mode: 0o755 });
      assertEquals((await installTemporal(options)).path, path);
      assertEquals(findManaged(options)?.path, path);
    }));

  it("builds nothing else in place of a version that was named", () =>
    withTempDir(async (folder) => {
      const options = { ...newer(setUp(folder, 'echo "$@" > args; exit 1')), mayStandIn: false };
      await assertRejects(() => installTemporal(options), LocalError, "Cannot install Temporal 1.8.2");
      assert(readFileSync(join(folder, "args"), "utf8").includes("@v1.8.2"));
      assertEquals(leftIn(folder), ["install.lock"]);
    }));
});

describe("installMissing()", () => {
  it("lists all that was tried when nothing helps", () =>
    withTempDir(async (folder) => {
      const missing = () => installMissing(setUp(folder, "exit 1"), ["temporal on PATH: none"]);
      const error = await assertRejects(missing, LocalError, "Tried:\n  - temporal on PATH: none\n  - download: ");
      assertEquals(error.code, "binary-not-found");
      const tried = error.facts["tried"];
      assert(Array.isArray(tried) && tried.length === 3 && /^go install: /.test(tried[2]), JSON.stringify(tried));
    }));
});
