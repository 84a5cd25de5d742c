import type { Command, CommandContext } from "../cli/context.ts";
import { LocalError } from "../errors/local_error.ts";
import { instancePaths } from "../instance/paths.ts";
import { externalSource } from "./target.ts";

/** What describes or picks a Temporal that this tool launches, and says nothing of another one. */
const OF_LAUNCHES = [
  ...["temporal-bin", "port", "ui-port", "headless", "ip", "ui-ip", "db-filename", "log-level", "search-attribute"],
  ...["dynamic-config-value", "max-restarts", "version", "foreground", "stop-after"],
];

/**
 * What a command does where Temporal is not ours; null where that is what it does anyway.
 *
 * @throws {LocalError} `usage` for a flag that only a Temporal of ours can heed
 */
export async function externalCommand(context: CommandContext): Promise<Command | null> {
  const { command, options, commandOptions } = context.invocation;
  if (commandOptions["ephemeral"] === true) return null;
  const name = command.name;
  if (["install", "config", "completions", "version", "help"].includes(name)) return null;
  const flag = OF_LAUNCHES.find((each) => options.get(each)?.source.kind === "flag");
  if (flag !== undefined) {
    throw new LocalError("usage", `--${flag} is for a Temporal that this tool runs, and this one is not`, {
      hint: `${externalSource(context)} says so; --managed takes the Temporal of this home instead`,
      facts: { flag: `--${flag}` },
    });
  }
  switch (name) {
    case "start":
      return (await import("./start.ts")).startExternal;
    case "wait":
      return (await import("./start.ts")).waitExternal;
    case "run":
      return (await import("./run.ts")).runExternal;
    case "env":
      return (await import("./run.ts")).envExternal;
    case "status":
      return (await import("./status.ts")).statusExternal;
    case "doctor":
      return (await import("./doctor.ts")).doctorExternal;
    default:
      throw notOurs(context);
  }
}

function notOurs(context: CommandContext): LocalError {
  const { host, invocation: { command, home } } = context;
  const leftover = host.exists(instancePaths(home).record);
  return new LocalError(
    "not-ours",
    `\`${command.name}\` is for a Temporal that this tool runs, and this one is not (${externalSource(context)})`,
    {
      hint: leftover
        ? `A Temporal of ours was started in this home before: \`stigmer-local ${command.name} --managed\` takes that one`
        : "Whoever runs it does that; `stigmer-local status` tells how it is",
      facts: { command: command.name, home },
    },
  );
}
