import { supervisorCommand } from "../client/supervisor_command.ts";
import { fromFailure, START_STOPPED } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import { notReady } from "../errors/not_ready.ts";
import { createInstance, type LaunchRequest } from "../instance/context.ts";
import { instancePaths } from "../instance/paths.ts";
import { lateProcesses } from "../instance/status/late_processes.ts";
import type { Status } from "../instance/status/status.ts";
import { statusFrame } from "../instance/status/status_frame.ts";
import { type LockFile, tryLock } from "../platform/locks/lock_file.ts";
import type { Host } from "../platform/runtime/host.ts";
import { signalChild } from "../platform/spawn/signal_child.ts";
import { type DetachedProcess, spawnDetached } from "../platform/spawn/spawn_detached.ts";
import { isOver } from "../process/states.ts";
import { homeNotMade, makeEphemeralHome } from "../supervisor/ephemeral_home.ts";
import { runSupervisor } from "../supervisor/run.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";

/**
 * The read returns on EOF, i.e. when the parent exits. The watchdog ignores the signals that CI systems send to each
 * process of a tree before SIGKILL; ignored signals stay ignored across exec (execve(2)).
 */
const WAIT_AND_BECOME = 'trap "" HUP INT TERM; read -r _; exec "$@" </dev/null';

/** An ephemeral instance that this process supervises. */
export interface SupervisedHere {
  /** How clients connect to it. */
  served: Pick<Status, "address" | "namespace" | "uiUrl">;
  /** Resolves with the reason if the supervisor gives Temporal up before {@linkcode end} is called. */
  lost: Promise<LocalError>;
  /** Stops it. Resolves when its processes have exited and its home is deleted. */
  end(): Promise<void>;
}

/**
 * Supervises an ephemeral instance in this process. Resolves when Temporal is ready; after a failure nothing of it
 * remains. A watchdog, started first, cleans up if this process is killed.
 *
 * @param timeoutMs Timeout for Temporal to become ready.
 * @throws {LocalError} why the supervisor gave up, `timeout`, `home-unusable`, `lock-failed`
 */
export async function superviseEphemeral(
  host: Host,
  launchRequest: LaunchRequest,
  timeoutMs: number,
): Promise<SupervisedHere> {
  const watchdog = await spawnWatchdog(host, launchRequest);
  const stop = new AbortController();
  let over: Promise<unknown> = Promise.resolve();
  let lose: (why: LocalError) => void = () => {};
  const lost = new Promise<LocalError>((resolve) => lose = resolve);
  const end = async () => {
    stop.abort();
    await over;
    signalChild(watchdog, "SIGKILL"); // nothing is left to clean up
  };
  let begun: Supervisor | null = null;
  let late: LocalError | null = null;
  const cancel = host.after(timeoutMs, () => {
    const hint = "Raise the timeout with --timeout SECONDS";
    const isServing = begun?.machine.state.kind === "running";
    late = lateProcesses(isServing ? begun?.stack?.status() ?? [] : [], timeoutMs, hint) ?? notReady(timeoutMs, hint);
    stop.abort();
  });
  try {
    const lock = await lockNewHome(host, launchRequest);
    const supervisor = await new Promise<Supervisor>((resolve, reject) => {
      const onBegin = async (supervisor: Supervisor) => {
        begun = supervisor;
        const failure = await supervisor.settled();
        if (failure === null) resolve(supervisor);
        else if (!isOver(supervisor.machine.state)) reject(fromFailure(failure)); // else the reason comes when it has left
      };
      const instance = createInstance(host, launchRequest, instancePaths(launchRequest.home).supervisorLog);
      over = runSupervisor(
        instance,
        launchRequest,
        lock,
        stop.signal,
        (supervisor) => void onBegin(supervisor).catch(reject),
      )
        .then((failure) => {
          const why = fromFailure(failure ?? START_STOPPED);
          reject(why); // a no-op once Temporal has become ready
          if (failure !== null && !stop.signal.aborted) lose(why);
        }, reject);
    });
    return {
      served: statusFrame("running", supervisor.program.settings, instancePaths(launchRequest.home)),
      lost,
      end,
    };
  } catch (error) {
    await end();
    throw late ?? error;
  } finally {
    cancel();
  }
}

async function lockNewHome(host: Host, { home }: LaunchRequest): Promise<LockFile> {
  const paths = instancePaths(home);
  const lock = makeEphemeralHome(paths, host.uid) ? await tryLock(paths.supervisorLock) : null;
  if (lock === null) throw homeNotMade(home);
  return lock;
}

/**
 * Starts a shell that waits until this process exits, even by `kill -9`: the kernel then closes the pipe between the
 * two. The shell then execs a supervisor for `launchRequest`, which cleans up what is left. It takes 1 MB and no CPU
 * until then. It runs in `/`, because no runtime starts in a deleted working directory.
 *
 * @throws {LocalError} `launch-failed`
 */
async function spawnWatchdog(host: Host, launchRequest: LaunchRequest): Promise<DetachedProcess> {
  const { command, args, env } = supervisorCommand(host, launchRequest);
  return await spawnDetached({
    command: "/bin/sh",
    args: ["-c", WAIT_AND_BECOME, "stigmer-local-watchdog", command, ...args],
    cwd: "/",
    env,
    stdin: "pipe",
    stdout: "null",
    stderr: "null",
    pass: [],
  });
}
