import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { daemonEnvironment, temporalEnvironment, withoutSession } from "../../lib/environment/daemon_environment.ts";

const cwd = () => "/project";

describe("daemonEnvironment()", () => {
  it("drops the variables of the caller's session", () => {
    const env = {
      GIT_DIR: "/repo/.git",
      GIT_INDEX_FILE: "/repo/.git/index",
      TEMPORAL_ADDRESS: "cloud:7233",
      TEMPORAL_API_KEY: "secret",
      STIGMER_HOME: "/h",
      MAKEFLAGS: "-j4 --jobserver-fds=3,4",
      MFLAGS: "-j4",
      MAKELEVEL: "1",
      PWD: "/repo",
      OLDPWD: "/",
      INIT_CWD: "/repo",
      UNSET: undefined,
    };
    assertEquals(daemonEnvironment(env, cwd), {});
    assertEquals(withoutSession(env), {});
  });

  it("drops what is meant for the runtime of the caller's program", () => {
    const env = {
      NODE_OPTIONS: "-r dotenv/config",
      NODE_V8_COVERAGE: "coverage",
      NODE_EXTRA_CA_CERTS: "ca.pem",
      NODE_CHANNEL_FD: "3",
      VSCODE_INSPECTOR_OPTIONS: "{}",
      DENO_COVERAGE_DIR: "coverage",
      DENO_V8_FLAGS: "--x",
      OTEL_DENO: "true",
      LD_PRELOAD: "missing.so",
      LD_DEBUG_OUTPUT: "ld",
      DYLD_INSERT_LIBRARIES: "missing.dylib",
      SHELLOPTS: "errexit",
      BASH_ENV: "./env.sh",
      "BASH_FUNC_read%%": "() { exit; }",
      PERL5OPT: "-MMissing",
      GODEBUG: "gctrace=1",
      GOCOVERDIR: "cover",
    };
    assertEquals(daemonEnvironment(env, cwd), {});
    assertEquals(withoutSession(env), env);
  });

  it("makes relative paths absolute", () => {
    const env = { PATH: "bin:/bin::./tools", TMPDIR: "tmp", DENO_DIR: ".deno", LD_LIBRARY_PATH: "/lib:lib", TZ: "x/y" };
    assertEquals(daemonEnvironment(env, cwd), {
      PATH: "/project/bin:/bin:/project/:/project/./tools",
      TMPDIR: "/project/tmp",
      DENO_DIR: "/project/.deno",
      LD_LIBRARY_PATH: "/lib:/project/lib",
      TZ: "x/y",
    });
    assertEquals(daemonEnvironment({ TMPDIR: "" }, cwd), { TMPDIR: "" });
  });

  it("keeps everything else, also variables with similar names", () => {
    const env = {
      PATH: "/bin",
      HOME: "/home/me",
      LANG: "",
      GITHUB_ACTIONS: "true",
      MY_GIT_DIR: "x",
      TEMPORALITY: "x",
      MAKEFLAGS_OLD: "x",
      HTTPS_PROXY: "http://proxy",
      GOMAXPROCS: "2",
      DENO_DIR: "/cache",
      XDG_CACHE_HOME: "/cache",
    };
    assertEquals(daemonEnvironment(env, cwd), env);
  });

  it("does not change the caller's environment", () => {
    const env = { GIT_DIR: "/repo/.git" };
    daemonEnvironment(env, cwd);
    assertEquals(env, { GIT_DIR: "/repo/.git" });
  });
});

describe("temporalEnvironment()", () => {
  it("sets USER and HOME where they are missing, and UTC always", () => {
    const made = { USER: "12345", LOGNAME: "12345", HOME: "/h", TZ: "UTC" };
    const env = { PATH: "/bin", TEMPORAL_ADDRESS: "x", TZ: "America/New_York" };
    assertEquals(temporalEnvironment(env, cwd, 12345, "/h"), { PATH: "/bin", ...made });
    assertEquals(temporalEnvironment({ USER: "", HOME: "" }, cwd, 12345, "/h"), made);
  });

  it("keeps those that are set", () => {
    const env = { USER: "me", LOGNAME: "other", HOME: "/home/me", TZ: "UTC" };
    assertEquals(temporalEnvironment(env, cwd, 1, "/h"), env);
    const only = temporalEnvironment({ LOGNAME: "me", HOME: "/" }, cwd, 1, "/h");
    assertEquals(only, { USER: "me", LOGNAME: "me", HOME: "/", TZ: "UTC" });
  });
});
