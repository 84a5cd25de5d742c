import process from "node:process";
import { type Host, isDeno } from "../../lib/platform/runtime/host.ts";
import type { FakeSystem } from "./system.ts";

/** The process that we are in `system`: connects within it, and has neither terminal nor environment. */
export function fakeHost(system: FakeSystem): Host {
  const unexpected = (): never => {
    throw new Error("The code under test is not expected to do this");
  };
  return {
    runtime: isDeno ? "deno" : "node",
    runtimeVersion: "0.0.0",
    platform: process.platform,
    pid: system.table.self.pid,
    uid: 1000,
    args: [],
    env: {},
    cwd: () => "/",
    networkNamespace: () => null,
    connect: system.connect,
    runForeground: unexpected,
    after: (ms, action) => {
      let isCancelled = false;
      system.clock.after(ms, () => isCancelled || action());
      return () => isCancelled = true;
    },
    write: unexpected,
    isTerminal: () => false,
    columns: () => 80,
    rows: () => 24,
    readKeys: unexpected,
    onSignal: unexpected,
    folderOwner: unexpected,
    owner: unexpected,
    exit: unexpected,
    exists: unexpected,
    readText: unexpected,
  };
}
