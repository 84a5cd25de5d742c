import type { CommandContext } from "../cli/context.ts";
import { runWith } from "../client/run_command.ts";
import { LocalError } from "../errors/local_error.ts";
import { superviseEphemeral } from "./in_process.ts";
import { bringUpEphemeral } from "./launch_request.ts";

/**
 * Runs the command with an ephemeral instance, supervised in this process, because a second process would take time to
 * start. However this process exits, nothing of the instance remains.
 *
 * @throws {LocalError} `usage` with --db-filename; the errors of `start`
 */
export async function runEphemeral(context: CommandContext): Promise<number> {
  const { host, invocation: { options } } = context;
  if (options.get("db-filename")?.source.kind === "flag") {
    throw new LocalError(
      "usage",
      "--db-filename cannot be used with `run --ephemeral`, which keeps its data in memory",
      {
        hint: "Omit one of the two",
      },
    );
  }
  const ephemeral = await bringUpEphemeral(
    context,
    (launchRequest, timeoutMs) => superviseEphemeral(host, launchRequest, timeoutMs),
  );
  ephemeral.lost.then((why) => context.tell(`error: Temporal stopped while the command was running: ${why.message}`));
  try {
    return await runWith(context, ephemeral.served);
  } finally {
    await ephemeral.end();
  }
}
