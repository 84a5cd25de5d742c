/** Whether the answer to a question `[y/N]` is a clear yes; everything else is a no. */
export function isYes(answer: string): boolean {
  return /^\s*y(es)?\s*$/i.test(answer);
}
