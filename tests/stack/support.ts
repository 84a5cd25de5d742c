import type { ProcessSettings } from "../../lib/config/processes.ts";
import type { Surroundings } from "../../lib/stack/surroundings.ts";

/** Settings of a process: `worker`, which is ready as soon as it runs, with `changes`. */
export function processSettings(changes: Partial<ProcessSettings> = {}): ProcessSettings {
  return {
    name: "worker",
    command: ["/opt/worker"],
    project: "/shop",
    directory: "/",
    environment: {},
    namespace: null,
    readyWhen: { kind: "running" },
    dependsOn: [],
    watch: [],
    stopTimeoutMs: 10_000,
    restartWhenSilentMs: null,
    ...changes,
  };
}

/** What a process sees of an instance whose Temporal serves on 7233 since long ago, with `changes`. */
export function surroundings(changes: Partial<Surroundings> = {}): Surroundings {
  return {
    served: () => ({ address: "127.0.0.1:7233", namespace: "default", uiUrl: null }),
    servesSinceMs: () => 0,
    answers: () => Promise.resolve(true),
    whenReady: () => Promise.resolve(),
    warn: () => {},
    waitsFor: () => null,
    pollersOf: () => Promise.resolve([]),
    ...changes,
  };
}
