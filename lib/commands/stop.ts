import { checkHome, type Command, type CommandContext } from "../cli/context.ts";
import { NOTHING, stopInstance } from "../client/stop.ts";
import { LocalError } from "../errors/local_error.ts";

/** Stops Temporal, the processes beside it and the supervisor, or the named processes. Returns once both have exited and their ports and locks are free. */
export const stop: Command = async (context) => {
  const { commandOptions: { force, timeout, all }, names } = context.invocation;
  const graceMs = force === true ? 0 : timeout === undefined ? undefined : Number(timeout) * 1000;
  if (all === true) return await stopEach(context, graceMs);
  if (names !== undefined) return await (await import("./stop_processes.ts")).stopProcesses(context, names, graceMs);
  const { pid, forced } = checkHome(context) ? await stopInstance(context, graceMs) : NOTHING;
  await context.answer(
    { schema: 1, state: "stopped", stopped: pid !== null, pid, forced },
    () => pid === null ? "Temporal was not running\n" : `${stoppedInWords(pid, forced)}\n`,
  );
  return 0;
};

function stoppedInWords(pid: number, forced: boolean): string {
  return `Temporal stopped (pid ${pid}${forced ? ", by SIGKILL" : ""})`;
}

/** Stops every running instance, and tells each when it has stopped. 1 if one could not be stopped. */
async function stopEach(context: CommandContext, graceMs: number | undefined): Promise<number> {
  const { host, invocation: { options, json, quiet, names } } = context;
  const isOfHome = options.get("home")?.source.kind === "flag";
  if (names !== undefined || isOfHome) {
    const other = names !== undefined ? "names of processes" : "--home";
    throw new LocalError("usage", `--all cannot be used with ${other}: it stops every instance`, {
      hint: "Omit one of the two",
    });
  }
  const { stopAll } = await import("../client/instances/stop_all.ts");
  const { shortPath } = await import("../client/instances/render_instances.ts");
  const stopped = await stopAll(context, graceMs, async ({ home, pid, forced, error }) => {
    const place = shortPath(home, host.env["HOME"] || null);
    if (json) return;
    if (error !== undefined) {
      await host.write("stderr", `error: Could not stop ${place}: ${error.message}\n`);
      if (error.hint !== undefined) await host.write("stderr", `hint: ${error.hint}\n`);
    } else if (!quiet) {
      const what = pid === null ? "Nothing was running any more" : stoppedInWords(pid, forced);
      await host.write("stdout", `${place}: ${what}\n`);
    }
  });
  if (json) await context.answer({ schema: 1, instances: stopped }, () => "");
  else if (stopped.length === 0 && !quiet) await host.write("stdout", "No instances are running\n");
  return stopped.some(({ error }) => error !== undefined) ? 1 : 0;
}
