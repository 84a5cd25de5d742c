import { settingsOf } from "../cli/command_specs.ts";
import type { Invocation } from "../cli/invocation.ts";
import { CONNECTION_FLAGS } from "../config/flags/connection_flags.ts";
import { EPHEMERAL_PREFIX, PROJECT_VARIABLE } from "../instance/paths.ts";
import type { EnvironmentChange } from "./client_environment.ts";

/** The home of the caller, for an ephemeral instance that is started within another one. */
const OUTER_HOME = "STIGMER_OUTER_HOME";

/** The project file of the caller, likewise. */
const OUTER_PROJECT = "STIGMER_OUTER_PROJECT";

/** Flags that select an instance; the others only change it. */
const SELECTING: readonly string[] = ["home", "managed", "address", "profile"];

/** Options of the caller's environment that an ephemeral instance ignores, besides the connection. */
const NOT_EPHEMERAL: readonly string[] = ["port", "ui-port", "metrics-port", "http-port", "headless", "db-filename"];

/**
 * The variables by which this tool, called by the command of `run`, finds the same instance. A variable of the caller that
 * a flag overrides is unset: the tool would compare it with the instance, and refuse. The project is that of the caller,
 * wherever the command works.
 */
export function toolEnvironment({ command, options, project }: Invocation): EnvironmentChange {
  const change: Record<string, string | null> = {};
  if (project !== null) change[PROJECT_VARIABLE] = project.path;
  else if (options.get("no-project")?.value === true) change[PROJECT_VARIABLE] = "off";
  for (const { name, env } of settingsOf(command)) {
    const option = options.get(name);
    if (env === undefined || option?.source.kind !== "flag") continue;
    change[env] = SELECTING.includes(name) ? String(option.value) : null;
  }
  return change;
}

/** {@linkcode toolEnvironment} for the command of an ephemeral instance at `home`. */
export function ephemeralToolEnvironment(invocation: Invocation, home: string): EnvironmentChange {
  const unset = settingsOf(invocation.command).filter((flag) =>
    CONNECTION_FLAGS.includes(flag) || NOT_EPHEMERAL.includes(flag.name)
  );
  return {
    ...toolEnvironment(invocation),
    ...Object.fromEntries(unset.map(({ env }) => [env, null])),
    STIGMER_HOME: home,
    [PROJECT_VARIABLE]: "off", // its settings are those of another instance
    [OUTER_HOME]: invocation.home,
    [OUTER_PROJECT]: invocation.project?.path ?? null,
  };
}

/**
 * `env` for a new ephemeral instance. If that is started by the command of another one, its binaries and its files with
 * settings are those of the caller's home, which the other one does not have.
 */
export function withOuterHome(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  const outer = env[OUTER_HOME] ?? "";
  const isWithin = env["STIGMER_HOME"]?.split("/").at(-1)?.startsWith(EPHEMERAL_PREFIX) === true;
  if (outer === "" || !isWithin) return env;
  return { ...env, STIGMER_HOME: outer, [PROJECT_VARIABLE]: env[OUTER_PROJECT] ?? "off" };
}
