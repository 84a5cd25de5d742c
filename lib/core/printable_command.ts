import { printableLine } from "./printable_line.ts";

/** The longest command line that is shown, in characters. */
export const MAX_COMMAND_LENGTH = 300;

/** A command line as one printable line: a process says of itself what it likes. */
export function printableCommand(command: string): string {
  return printableLine(command, MAX_COMMAND_LENGTH);
}
