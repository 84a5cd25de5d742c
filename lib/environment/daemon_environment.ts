import { fromCallersFolder, isForCaller, isForCallersRuntime } from "./caller_variables.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of a caller without what describes its session: {@linkcode isForCaller}. */
export function withoutSession(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && !isForCaller(entry[0])),
  );
}

/**
 * The environment of a daemon, derived from that of the caller that starts it. A daemon outlives the caller and runs in
 * another directory, so it gets neither what describes the caller's session nor what is meant for the caller's runtime,
 * and relative paths become absolute.
 *
 * @param cwd Returns the caller's working directory.
 */
export function daemonEnvironment(env: Environment, cwd: () => string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(withoutSession(env)).filter(([name]) => !isForCallersRuntime(name))
      .map(([name, value]) => [name, fromCallersFolder(name, value, cwd)]),
  );
}

/**
 * The environment of Temporal: a daemon's, always with USER and HOME, and in UTC.
 *
 * - Temporal looks up its user at startup (OpenTelemetry's `process.owner`) and exits if the user database does not
 *   know the uid, as under `docker run --user 12345`; Go falls back to these two variables (os/user, lookup_stubs.go).
 * - Temporal writes the times of its log without a zone. In UTC they mean the same to every reader, also across a
 *   change to daylight saving time.
 */
export function temporalEnvironment(
  env: Environment,
  cwd: () => string,
  uid: number,
  home: string,
): Record<string, string> {
  const { USER, LOGNAME, HOME, ...others } = daemonEnvironment(env, cwd);
  const user = USER || LOGNAME || String(uid);
  return { ...others, USER: user, LOGNAME: LOGNAME || user, HOME: HOME || home, TZ: "UTC" };
}
