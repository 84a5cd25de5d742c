import { assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { daemonEnvironment } from "../../lib/core/daemon_environment.ts";

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
