import { settingsOf } from "../cli/command_specs.ts";
import type { Command, CommandContext } from "../cli/context.ts";
import type { Flag } from "../config/flags/flag.ts";
import { sourceName } from "../config/flags/setting_source.ts";
import { LocalError } from "../errors/local_error.ts";
import { instancePaths } from "../instance/paths.ts";
import { externalSource } from "./target.ts";

/** Flags that only apply to a Temporal that this tool launches, besides its settings and its policy. */
const OF_LAUNCHES = ["temporal-bin", "version", "foreground", "stop-after", "keep-logs"];

/** The commands that an external Temporal allows. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import("./start.ts")).startExternal,
  wait: async () => (await import("./start.ts")).waitExternal,
  run: async () => (await import("./run.ts")).runExternal,
  temporal: async () => (await import("./run.ts")).temporalExternal,
  env: async () => (await import("./run.ts")).envExternal,
  status: async () => (await import("./status.ts")).statusExternal,
  doctor: async () => (await import("./doctor.ts")).doctorExternal,
};

/**
 * The implementation of a command for an external Temporal; null if it does not depend on that.
 *
 * @throws {LocalError} `usage` for a flag, or processes, that only apply to a managed Temporal; `not-ours` for such a command
 */
export async function externalCommand(context: CommandContext): Promise<Command | null> {
  const { command, options, commandOptions, processes, names } = context.invocation;
  if (commandOptions["ephemeral"] === true) return null;
  const { name } = command;
  if (command.config === "ignored" || ["install", "config"].includes(name)) return null;
  if (commandOptions["all"] === true) return null; // `stop --all` is about the others
  const source = externalSource(context);
  const flag = settingsOf(command).filter(isOfLaunches).map(({ name }) => options.get(name)?.source)
    .find((source) => source?.kind === "flag");
  if (flag !== undefined) {
    throw new LocalError("usage", `${sourceName(flag)} cannot be used with an external Temporal`, {
      hint: `${source} selects the external Temporal; use --managed for the one in this home`,
      facts: { flag: sourceName(flag) },
    });
  }
  if (name === "start" && ((processes ?? []).length > 0 || names !== undefined)) {
    throw new LocalError("usage", "No processes can run beside an external Temporal", {
      hint: `${source} selects the external Temporal; --managed starts one with the processes beside it`,
    });
  }
  const implementation = COMMANDS[name];
  if (implementation === undefined) throw notOurs(context);
  return await implementation();
}

/** Of the settings, an external Temporal has a namespace only. */
function isOfLaunches({ name, setting, policy }: Flag): boolean {
  return (setting ?? policy ?? "namespaces") !== "namespaces" || OF_LAUNCHES.includes(name);
}

function notOurs(context: CommandContext): LocalError {
  const { host, invocation: { command, home } } = context;
  const leftover = host.exists(instancePaths(home).record);
  return new LocalError(
    "not-ours",
    `\`${command.name}\` cannot be used with an external Temporal (${externalSource(context)})`,
    {
      hint: leftover
        ? `For the Temporal that was started in this home, run \`stigmer-local ${command.name} --managed\``
        : "This tool does not manage it; `stigmer-local status` shows its state",
      facts: { command: command.name, home },
    },
  );
}
