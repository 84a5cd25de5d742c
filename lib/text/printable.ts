// deno-lint-ignore no-control-regex -- control characters, and those that turn the direction of text, are what is to be replaced
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g;

/**
 * `text`, which somebody else wrote, as one line that a terminal shows and does not obey: it may hold newlines and escape
 * sequences, and be as long as a megabyte.
 *
 * @param maxLength In characters.
 */
export function printableLine(text: string, maxLength: number): string {
  const line = text.slice(0, 2 * maxLength).replace(UNPRINTABLE, " ").trim();
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1)}…`;
}

/** The longest command line that is shown, in characters. */
export const MAX_COMMAND_LENGTH = 300;

/** A command line as one printable line: a process says of itself what it likes. */
export function printableCommand(command: string): string {
  return printableLine(command, MAX_COMMAND_LENGTH);
}
