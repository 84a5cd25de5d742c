/** Quotes `text` as one word for a POSIX shell, so that a command shown to the user is safe to paste. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** {@linkcode shellWord} only if a shell would read `word` as anything else, so that common commands stay readable. */
export function quotedIfNeeded(word: string): string {
  return /^[-\w.:/@,+]+$/.test(word) ? word : shellWord(word);
}
