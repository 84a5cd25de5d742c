import { quotedIfNeeded } from "./shell_word.ts";

/** Where a printed command of Temporal's CLI is to go. */
export interface TemporalTarget {
  /** `host:port`. */
  address: string;
  namespace: string;
  /** Further flags of the connection, as words. */
  flags?: readonly string[];
}

/**
 * A command of Temporal's CLI, to be printed. Names address and namespace, because the CLI has defaults and profiles for
 * both: without them the command would act on another server.
 *
 * @param command The subcommand: `operator namespace create`.
 * @param rest Further words.
 */
export function temporalCommand(command: string, target: TemporalTarget, ...rest: readonly string[]): string {
  const { address, namespace, flags = [] } = target;
  const words = ["--address", address, "--namespace", namespace, ...flags, ...rest];
  return `temporal ${command} ${words.map(quotedIfNeeded).join(" ")}`;
}
