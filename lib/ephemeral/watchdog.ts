import { supervisorCommand } from "../client/supervisor_command.ts";
import type { LaunchRequest } from "../instance/context.ts";
import type { Host } from "../platform/runtime/host.ts";
import { type DetachedProcess, spawnDetached } from "../platform/spawn/spawn_detached.ts";

/**
 * The read returns on EOF, i.e. when the parent exits. The watchdog ignores the signals that CI systems send to each
 * process of a tree before SIGKILL; ignored signals stay ignored across exec (execve(2)).
 */
const WAIT_AND_BECOME = 'trap "" HUP INT TERM; read -r _; exec "$@" </dev/null';

/**
 * Starts a shell that waits until this process exits, even by `kill -9`: the kernel then closes the pipe between the
 * two. The shell then execs a supervisor for `launchRequest`, which cleans up what is left. It takes 1 MB and no CPU
 * until then. It runs in `/`, because no runtime starts in a deleted working directory.
 *
 * @throws {LocalError} `launch-failed`
 */
export async function spawnWatchdog(host: Host, launchRequest: LaunchRequest): Promise<DetachedProcess> {
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
