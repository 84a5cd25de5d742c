/** Where the value of a setting comes from. */
export type SettingSource =
  /** `name`: with the dashes, or `--` for what stands after it. */
  | { kind: "flag"; name: string }
  | { kind: "environment"; name: string }
  | { kind: "file"; path: string; line: number; key: string }
  /** What `install` chose in the home. */
  | { kind: "installed" }
  | { kind: "default" };

/** How a source is called in messages: `--port`, `$STIGMER_PORT`, `PATH:5: port`. */
export function sourceName(source: SettingSource): string {
  switch (source.kind) {
    case "flag":
      return source.name;
    case "environment":
      return `$${source.name}`;
    case "file":
      return `${source.path}:${source.line}: ${source.key}`;
    case "installed":
      return "install";
    case "default":
      return "default";
  }
}

/** Which of two sources counts: the greater rank. */
export function rankOf(source: SettingSource): number {
  return ["default", "installed", "file", "environment", "flag"].indexOf(source.kind);
}
