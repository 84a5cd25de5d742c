/** `text` as one word for a POSIX shell, whatever stands in it: what is shown to be typed must not do anything else. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
