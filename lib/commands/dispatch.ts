import type { Command } from "../cli/context.ts";

/** The implementation of the command called `name`; loads only that one. */
export async function loadCommand(name: string): Promise<Command> {
  switch (name) {
    case "start":
      return (await import("./start.ts")).start;
    case "stop":
      return (await import("./stop.ts")).stop;
    case "restart":
      return (await import("./restart.ts")).restart;
    case "status":
      return (await import("./status.ts")).status;
    case "wait":
      return (await import("./wait.ts")).wait;
    case "ls":
      return (await import("./ls.ts")).ls;
    case "logs":
      return (await import("./logs.ts")).logs;
    case "run":
      return (await import("./run.ts")).run;
    case "temporal":
      return (await import("./temporal.ts")).temporal;
    case "env":
      return (await import("./env.ts")).env;
    case "completions":
      return (await import("./completions.ts")).completions;
    case "install":
      return (await import("./install.ts")).install;
    case "reset":
      return (await import("./reset.ts")).reset;
    case "backup":
      return (await import("./backup.ts")).backup;
    case "restore":
      return (await import("./restore.ts")).restore;
    case "doctor":
      return (await import("./doctor.ts")).doctor;
    case "init":
      return (await import("./init.ts")).init;
    case "config":
      return (await import("./config.ts")).config;
    case "ui":
      return (await import("./ui.ts")).ui;
    case "version":
      return (await import("./version.ts")).version;
    default:
      return (await import("./help.ts")).help;
  }
}
