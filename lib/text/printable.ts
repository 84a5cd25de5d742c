// deno-lint-ignore no-control-regex -- replaces control characters and those that change the direction of text
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g;

/**
 * Untrusted `text` as one line that is safe to print on a terminal: newlines, escape sequences and other control
 * characters become spaces.
 *
 * @param maxLength In characters.
 */
export function printableLine(text: string, maxLength: number): string {
  const line = text.slice(0, 2 * maxLength).replace(UNPRINTABLE, " ").trim();
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1)}…`;
}

// deno-lint-ignore no-control-regex -- an escape sequence that sets colours or moves the cursor (ECMA-48), or a title
const SEQUENCES = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g;

/** A line that a program wrote, indentation kept, as text that is safe on a terminal: without colours and control characters. */
export function plainLine(line: string): string {
  return line.replace(SEQUENCES, "").replaceAll("\t", "    ").replace(UNPRINTABLE, " ").trimEnd();
}

/** The longest command line shown, in characters. */
export const MAX_COMMAND_LENGTH = 300;

/** A command line as one printable line; a process can set its own to any text. */
export function printableCommand(command: string): string {
  return printableLine(command, MAX_COMMAND_LENGTH);
}
