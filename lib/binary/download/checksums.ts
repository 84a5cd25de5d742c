/** Parses the output of `sha256sum` (`SUM NAME`, or `SUM *NAME`): lower-case sums by file name. */
export function parseChecksums(text: string): Map<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^([0-9a-fA-F]{64})[ \t]+\*?(\S+)\s*$/.exec(line);
    if (match !== null) sums.set(match[2] as string, (match[1] as string).toLowerCase());
  }
  return sums;
}
