/**
 * The environment of a daemon, out of that of the caller who happens to start it first.
 *
 * - `GIT_*`: a git hook has `GIT_DIR`, `GIT_INDEX_FILE` … set (githooks(5)), which must not outlive it.
 * - `TEMPORAL_*`: they change what Temporal's commands talk to, and what its server reads.
 * - `STIGMER_*`: the settings were read by the command that starts; a daemon has them from its order.
 * - `MAKEFLAGS` and the like name descriptors of make's jobserver, which no daemon has.
 */
export function daemonEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !/^(GIT_|TEMPORAL_|STIGMER_|MAKEFLAGS$|MFLAGS$|MAKELEVEL$)/.test(name)) {
      kept[name] = value;
    }
  }
  return kept;
}

/**
 * The environment of Temporal: a daemon's, with a name and a home folder for its user. Temporal asks for them as it starts
 * (OpenTelemetry's `process.owner`), and ends where the user database does not know the uid, as under
 * `docker run --user 12345`; what Go makes do with then are these two variables (os/user, lookup_stubs.go).
 */
export function temporalEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  uid: number,
  home: string,
): Record<string, string> {
  const { USER, LOGNAME, HOME, ...others } = daemonEnvironment(env);
  const user = USER || LOGNAME || String(uid);
  return { ...others, USER: user, LOGNAME: LOGNAME || user, HOME: HOME || home };
}
