/** The last actions, and counts of all actions, for the report of a violation. */
export interface Journal {
  /** Adds a line and counts it under `kind`. */
  note(kind: string, text: string): void;
  /** Counts under `kind`, without a line. */
  count(kind: string, more?: number): void;
  counted(kind: string): number;
  /** All counts, sorted by kind. */
  counts(): [kind: string, count: number][];
  /** The last lines, oldest first, with the time since the beginning. */
  lines(): readonly string[];
}

/** About fifty actions with their results. */
const KEPT_LINES = 120;

/** @param trace Called with each line at once. */
export function openJournal(trace: ((line: string) => void) | null = null): Journal {
  const begin = performance.now();
  const lines: string[] = [];
  const counts = new Map<string, number>();
  const count = (kind: string, more = 1) => void counts.set(kind, (counts.get(kind) ?? 0) + more);
  return {
    note: (kind, text) => {
      count(kind);
      const line = `${((performance.now() - begin) / 1000).toFixed(3).padStart(9)} s  ${kind}: ${text}`;
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      trace?.(line);
    },
    count,
    counted: (kind) => counts.get(kind) ?? 0,
    counts: () => [...counts].sort(([a], [b]) => a < b ? -1 : 1),
    lines: () => lines,
  };
}
