/**
 * The environment of a daemon, derived from that of the caller that starts it.
 *
 * - `GIT_*`: git sets `GIT_DIR`, `GIT_INDEX_FILE` … for a hook (githooks(5)); they must not outlive it.
 * - `TEMPORAL_*`: they change which server Temporal's commands connect to, and what its server reads.
 * - `STIGMER_*`: the starting command has read the settings; the launch request carries them.
 * - `MAKEFLAGS` and the like refer to descriptors of make's jobserver, which a daemon does not have.
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
 * The environment of Temporal: a daemon's, always with USER and HOME. Temporal looks up its user at startup
 * (OpenTelemetry's `process.owner`) and exits if the user database does not know the uid, as under
 * `docker run --user 12345`; Go falls back to these two variables (os/user, lookup_stubs.go).
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
