import { type Invocation, invocationOf, type Surroundings } from "../../lib/cli/invocation.ts";
import { readCommandLine } from "../../lib/cli/parse_args.ts";
import type { ConfigFile } from "../../lib/config/file/config_file.ts";

/** The invocation of a command line, as the tool's entry makes it. */
export function parseCommandLine(
  args: readonly string[],
  surroundings: Surroundings,
  config: ConfigFile | null = null,
): Invocation {
  return invocationOf(readCommandLine(args), surroundings, config === null ? [] : [config]);
}
