import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { daemonEnvironment, temporalEnvironment } from "../../lib/environment/daemon_environment.ts";

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
      UNSET: undefined,
    };
    assertEquals(daemonEnvironment(env), {});
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
    };
    assertEquals(daemonEnvironment(env), env);
  });

  it("does not change the caller's environment", () => {
    const env = { GIT_DIR: "/repo/.git" };
    daemonEnvironment(env);
    assertEquals(env, { GIT_DIR: "/repo/.git" });
  });
});

describe("temporalEnvironment()", () => {
  it("sets USER and HOME where they are missing", () => {
    const made = { USER: "12345", LOGNAME: "12345", HOME: "/h" };
    assertEquals(temporalEnvironment({ PATH: "/bin", TEMPORAL_ADDRESS: "x" }, 12345, "/h"), { PATH: "/bin", ...made });
    assertEquals(temporalEnvironment({ USER: "", HOME: "" }, 12345, "/h"), made);
  });

  it("keeps those that are set", () => {
    const env = { USER: "me", LOGNAME: "other", HOME: "/home/me" };
    assertEquals(temporalEnvironment(env, 1, "/h"), env);
    assertEquals(temporalEnvironment({ LOGNAME: "me", HOME: "/" }, 1, "/h"), { USER: "me", LOGNAME: "me", HOME: "/" });
  });
});
