/** Quotes `text` as one word for a POSIX shell, so that a command shown to the user is safe to paste. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
