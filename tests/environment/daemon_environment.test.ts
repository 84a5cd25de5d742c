import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { daemonEnvironment, temporalEnvironment } from "../../lib/environment/daemon_environment.ts";

describe("daemonEnvironment()", () => {
  it("leaves out what belongs to the caller alone", () => {
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

  it("keeps everything else, also what is only named alike", () => {
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

  it("does not change the caller's own", () => {
    const env = { GIT_DIR: "/repo/.git" };
    daemonEnvironment(env);
    assertEquals(env, { GIT_DIR: "/repo/.git" });
  });
});

describe("temporalEnvironment()", () => {
  it("gives a user without a name one, and a home folder", () => {
    const made = { USER: "12345", LOGNAME: "12345", HOME: "/h" };
    assertEquals(temporalEnvironment({ PATH: "/bin", TEMPORAL_ADDRESS: "x" }, 12345, "/h"), { PATH: "/bin", ...made });
    assertEquals(temporalEnvironment({ USER: "", HOME: "" }, 12345, "/h"), made);
  });

  it("keeps those that are there", () => {
    const env = { USER: "me", LOGNAME: "other", HOME: "/home/me" };
    assertEquals(temporalEnvironment(env, 1, "/h"), env);
    assertEquals(temporalEnvironment({ LOGNAME: "me", HOME: "/" }, 1, "/h"), { USER: "me", LOGNAME: "me", HOME: "/" });
  });
});
