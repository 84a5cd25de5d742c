const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const BYTES: Readonly<Record<string, number>> = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 };

/** Parses `90`, `500ms`, `30s`, `5m`, `2h` or `7d` into seconds; null for anything else. */
export function readDuration(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)?$/.exec(text);
  if (match === null) return null;
  const [, number, unit = "s"] = match;
  return unit === "ms" ? Number(number) / 1000 : Number(number) * SECONDS[unit]!;
}

/** Parses `4096`, `500KB`, `10 MB` or `1GB` into bytes (1 KB = 1024 bytes); null for anything else. */
export function readSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?) ?([KMG]?B)?$/i.exec(text);
  return match === null ? null : Math.round(Number(match[1]) * BYTES[match[2]?.toUpperCase() ?? "B"]!);
}

/** Formats `seconds` as {@linkcode readDuration} reads them. */
export function formatDuration(seconds: number): string {
  const unit = ["d", "h", "m", "s"].find((each) => seconds > 0 && seconds % SECONDS[each]! === 0);
  return unit === undefined ? `${Math.round(seconds * 1000)}ms` : `${seconds / SECONDS[unit]!}${unit}`;
}

/** Formats `bytes` as {@linkcode readSize} reads them. */
export function formatSize(bytes: number): string {
  const unit = ["GB", "MB", "KB"].find((each) => bytes > 0 && bytes % BYTES[each]! === 0);
  return unit === undefined ? `${bytes}B` : `${bytes / BYTES[unit]!}${unit}`;
}
