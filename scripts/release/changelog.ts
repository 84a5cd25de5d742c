const UNRELEASED = "## Unreleased";

/**
 * The changelog with its unreleased changes as those of `version`, in the form of keepachangelog.com; null if it has none.
 *
 * @param date As `2026-01-31`.
 */
export function releasedChangelog(text: string, version: string, date: string): string | null {
  if (changesOf(text, null) === null) return null;
  return text.replace(`${UNRELEASED}\n`, `${UNRELEASED}\n\n## ${version} - ${date}\n`);
}

/** What the changelog says of `version`, or of what is unreleased if that is null; null if it says nothing. */
export function changesOf(text: string, version: string | null): string | null {
  const lines = text.split("\n");
  const isTitle = (line: string) =>
    version === null ? line === UNRELEASED : line === `## ${version}` || line.startsWith(`## ${version} - `);
  const start = lines.findIndex(isTitle);
  if (start < 0) return null;
  const length = lines.slice(start + 1).findIndex((line) => line.startsWith("## "));
  const changes = lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join("\n").trim();
  return changes === "" ? null : `${changes}\n`;
}
