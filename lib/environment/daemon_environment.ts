/**
 * Variables of the caller's session:
 *
 * - `GIT_*`: git sets `GIT_DIR`, `GIT_INDEX_FILE` … for a hook (githooks(5)); they must not outlive it.
 * - `TEMPORAL_*`: they change which server Temporal's commands connect to, and what its server reads.
 * - `STIGMER_*`: the starting command has read the settings; the launch request carries them.
 * - `MAKEFLAGS` and the like refer to descriptors of make's jobserver, which a daemon does not have.
 * - `PWD`, `OLDPWD`, `INIT_CWD` (npm) name the caller's directory.
 */
const OF_SESSION = /^(GIT_.*|TEMPORAL_.*|STIGMER_.*|MAKEFLAGS|MFLAGS|MAKELEVEL|PWD|OLDPWD|INIT_CWD)$/;

/**
 * Variables that make a runtime load, print, write or listen to something. They are meant for the caller's program,
 * usually with paths in its directory: a preload that is not found there ends a daemon at once.
 *
 * - Node, VS Code's debugger, and Deno, which reads most of Node's. `NODE_CHANNEL_FD` is a descriptor that a daemon
 *   does not have.
 * - The dynamic loader: it complains about a missing `LD_PRELOAD` on the stderr of each process.
 * - Shells: `SHELLOPTS=errexit` and exported functions would change what the watchdog and the exec wrapper do.
 * - Perl, which may be the exec wrapper, and Go, which Temporal is written in. Go's limits (`GOMAXPROCS`, `GOMEMLIMIT`)
 *   are for the machine, and stay.
 */
const OF_RUNTIME = new RegExp(
  `^(${
    [
      "NODE_.*|VSCODE_.*|DENO_.*|OTEL_DENO",
      "(LD|DYLD)_.*",
      "SHELLOPTS|BASHOPTS|BASH_ENV|BASH_FUNC_.*|ENV|PS4|CDPATH",
      "PERL.*|GODEBUG|GOTRACEBACK|GOCOVERDIR",
    ].join("|")
  })$`,
);

/**
 * Exceptions. Deno's cache directory is needed where HOME is not writable, and to reach modules that are not local, as
 * are its certificates and tokens. Directories of libraries may be what the runtime itself needs to start.
 */
const KEPT = /^(DENO_(DIR|CERT|TLS_CA_STORE|AUTH_TOKENS)|LD_LIBRARY_PATH|DYLD_(FALLBACK_)?(LIBRARY|FRAMEWORK)_PATH)$/;

/** Variables that contain a path, or several separated by colons. */
const PATHS =
  /^(PATH|HOME|TMPDIR|TMP|TEMP|SQLITE_TMPDIR|SSL_CERT_(FILE|DIR)|XDG_.*_(HOME|DIR|DIRS)|DENO_(DIR|CERT)|(LD|DYLD)_.*_PATH)$/;

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of a caller without what describes its session. */
export function withoutSession(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] =>
      entry[1] !== undefined && !OF_SESSION.test(entry[0])
    ),
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
    Object.entries(withoutSession(env)).filter(([name]) => !OF_RUNTIME.test(name) || KEPT.test(name))
      .map(([name, value]) => [name, PATHS.test(name) ? absolutePaths(value, cwd) : value]),
  );
}

/** The paths in `value`, separated by colons, made absolute. An empty entry of a list is the directory itself. */
function absolutePaths(value: string, cwd: () => string): string {
  if (value === "") return value;
  return value.split(":").map((path) => path.startsWith("/") ? path : `${cwd()}/${path}`).join(":");
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
