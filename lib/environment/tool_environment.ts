import { type CommandSpec, CONNECTION_FLAGS, settingsOf } from "../cli/command_specs.ts";
import type { Invocation } from "../cli/invocation.ts";
import { EPHEMERAL_PREFIX } from "../instance/paths.ts";
import type { EnvironmentChange } from "./client_environment.ts";

/** The home of the caller, for an ephemeral instance that is started within another one. */
const OUTER_HOME = "STIGMER_OUTER_HOME";

/** Flags that select an instance; the others only change it. */
const SELECTING: readonly string[] = ["home", "managed", "address", "profile"];

/** Options of the caller's environment that an ephemeral instance ignores, besides the connection. */
const NOT_EPHEMERAL: readonly string[] = ["port", "ui-port", "metrics-port", "http-port", "headless", "db-filename"];

/**
 * The variables by which this tool, called by the command of `run`, finds the same instance. A variable of the caller that
 * a flag overrides is unset: the tool would compare it with the instance, and refuse.
 */
export function toolEnvironment({ command, options }: Invocation): EnvironmentChange {
  const change: Record<string, string | null> = {};
  for (const { name, env } of settingsOf(command)) {
    const option = options.get(name);
    if (env === undefined || option?.source.kind !== "flag") continue;
    change[env] = SELECTING.includes(name) ? String(option.value) : null;
  }
  return change;
}

/** {@linkcode toolEnvironment} for the command of an ephemeral instance at `home`. */
export function ephemeralToolEnvironment(invocation: Invocation, home: string): EnvironmentChange {
  const unset = [...CONNECTION_FLAGS.map(({ env }) => env), ...envOf(invocation.command, NOT_EPHEMERAL)];
  return {
    ...toolEnvironment(invocation),
    ...Object.fromEntries(unset.map((name) => [name, null])),
    STIGMER_HOME: home,
    [OUTER_HOME]: invocation.home,
  };
}

function envOf(command: CommandSpec, names: readonly string[]): (string | undefined)[] {
  return settingsOf(command).filter(({ name }) => names.includes(name)).map(({ env }) => env);
}

/**
 * `env` for a new ephemeral instance. If that is started by the command of another one, its binaries and its `config.yaml`
 * are those of the caller's home, which the other one does not have.
 */
export function withOuterHome(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  const outer = env[OUTER_HOME] ?? "";
  const isWithin = env["STIGMER_HOME"]?.split("/").at(-1)?.startsWith(EPHEMERAL_PREFIX) === true;
  return outer !== "" && isWithin ? { ...env, STIGMER_HOME: outer } : env;
}
