/** The longest command line that is shown, in characters. */
export const MAX_COMMAND_LENGTH = 300;

/**
 * A command line as one printable line: what a process says of itself may hold newlines and terminal escapes, and may be
 * as long as a megabyte.
 */
export function printableCommand(command: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is to be replaced
  const line = command.slice(0, 2 * MAX_COMMAND_LENGTH).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ")
    .trim();
  return line.length <= MAX_COMMAND_LENGTH ? line : `${line.slice(0, MAX_COMMAND_LENGTH - 1)}…`;
}
