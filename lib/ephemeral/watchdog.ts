import { supervisorCommand } from "../client/supervisor_command.ts";
import { daemonEnvironment } from "../environment/daemon_environment.ts";
import type { LaunchRequest } from "../instance/context.ts";
import type { Host } from "../platform/runtime/host.ts";
import { type DetachedProcess, spawnDetached } from "../platform/spawn/spawn_detached.ts";

/**
 * Nobody writes to the pipe: what ends the read is the end of whoever has its other end. What CI systems send to each
 * process of a tree, before they send SIGKILL, must not end it; ignored signals stay so across exec (execve(2)).
 */
const WAIT_AND_BECOME = 'trap "" HUP INT TERM; read -r _; exec "$@" </dev/null';

/**
 * Starts a shell that waits for the end of this process, however that comes about, `kill -9` included: the kernel then
 * closes the pipe between the two. It becomes a supervisor of `order` that has nothing to do but to reap what is left.
 * 1 MB, and no CPU, until then. Its working folder is one that can't be deleted under it: no runtime would start in that.
 *
 * @throws {LocalError} `launch-failed`
 */
export async function spawnWatchdog(host: Host, launchRequest: LaunchRequest): Promise<DetachedProcess> {
  const { command, args, env } = supervisorCommand(host);
  return await spawnDetached({
    command: "/bin/sh",
    args: ["-c", WAIT_AND_BECOME, "stigmer-local-reaper", command, ...args, JSON.stringify(launchRequest)],
    cwd: "/",
    env: { ...daemonEnvironment(host.env), ...env },
    stdin: "pipe",
    stdout: "null",
    stderr: "null",
    pass: [],
  });
}
