import type { Command } from "../cli/context.ts";

const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import("./start.ts")).start,
  stop: async () => (await import("./stop.ts")).stop,
  restart: async () => (await import("./restart.ts")).restart,
  status: async () => (await import("./status.ts")).status,
  wait: async () => (await import("./wait.ts")).wait,
  ls: async () => (await import("./ls.ts")).ls,
  logs: async () => (await import("./logs.ts")).logs,
  run: async () => (await import("./run.ts")).run,
  temporal: async () => (await import("./temporal.ts")).temporal,
  env: async () => (await import("./env.ts")).env,
  completions: async () => (await import("./completions.ts")).completions,
  install: async () => (await import("./install.ts")).install,
  reset: async () => (await import("./reset.ts")).reset,
  backup: async () => (await import("./backup.ts")).backup,
  restore: async () => (await import("./restore.ts")).restore,
  doctor: async () => (await import("./doctor.ts")).doctor,
  init: async () => (await import("./init.ts")).init,
  config: async () => (await import("./config.ts")).config,
  ui: async () => (await import("./ui.ts")).ui,
  version: async () => (await import("./version.ts")).version,
  help: async () => (await import("./help.ts")).help,
};

/** The implementation of the command called `name`; loads only that one. */
export async function loadCommand(name: string): Promise<Command> {
  return await LOADERS[name]!();
}
