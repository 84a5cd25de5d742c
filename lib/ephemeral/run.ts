import type { CommandContext } from "../cli/context.ts";
import { runWith } from "../client/run_command.ts";
import { LocalError } from "../errors/local_error.ts";
import { superviseEphemeral } from "./in_process.ts";
import { bringUpEphemeral } from "./launch_request.ts";

/**
 * Runs the command on an instance of its own, which is supervised in this process: a second one would have to be waited
 * for. Whatever becomes of this process, nothing of the instance is left.
 *
 * @throws {LocalError} `usage`, when a flag names a file for its data; what `start` throws
 */
export async function runEphemeral(context: CommandContext): Promise<number> {
  const { host, invocation: { options } } = context;
  if (options.get("db-filename")?.source.kind === "flag") {
    throw new LocalError("usage", "`run --ephemeral` keeps its data in memory, and has no --db-filename", {
      hint: "Leave one of the two out",
    });
  }
  const ephemeral = await bringUpEphemeral(
    context,
    (launchRequest, timeoutMs) => superviseEphemeral(host, launchRequest, timeoutMs),
  );
  ephemeral.lost.then((why) => context.tell(`error: Temporal is gone while the command runs: ${why.message}`));
  try {
    return await runWith(context, ephemeral.served);
  } finally {
    await ephemeral.end();
  }
}
