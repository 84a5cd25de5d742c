/** The default path of `temporal.toml` in Temporal's tools (`os.UserConfigDir` of Go); null without HOME. */
export function defaultConfigFile(
  env: Readonly<Record<string, string | undefined>>,
  platform: string,
): string | null {
  const home = env["HOME"] || null;
  const darwin = home === null ? null : `${home}/Library/Application Support`;
  const folder = platform === "darwin" ? darwin : env["XDG_CONFIG_HOME"] || (home === null ? null : `${home}/.config`);
  return folder === null ? null : `${folder}/temporalio/temporal.toml`;
}
