/** The source of a setting's value. */
export type SettingSource =
  /** `name`: with the dashes, or `--` for the arguments after it. */
  | { kind: "flag"; name: string }
  | { kind: "environment"; name: string }
  /** `isProject`: a project file; missing = the home's `config.yaml`. */
  | { kind: "file"; path: string; line: number; key: string; isProject?: true }
  /** Selected by `install` in the home. */
  | { kind: "installed" }
  | { kind: "default" };

/** The name of a source in messages: `--port`, `$STIGMER_PORT`, `PATH:5: port`. */
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

/** The precedence of a source; the greater rank wins. */
export function rankOf(source: SettingSource): number {
  const place = source.kind === "file" && source.isProject === true ? "project" : source.kind;
  return ["default", "installed", "file", "project", "environment", "flag"].indexOf(place);
}
