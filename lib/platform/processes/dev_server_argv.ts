/** The subcommand of Temporal's dev server. */
const SERVER_SUBCOMMAND = "start-dev";

/**
 * Whether `argv` is that of a Temporal dev server for one of the database files `paths`, which it may not have opened
 * yet. Other commands that name the file (an editor, this tool with `--db-filename`) do not count.
 */
export function namesDatabase(argv: readonly string[] | null, paths: readonly string[]): boolean {
  if (argv === null || !argv.includes(SERVER_SUBCOMMAND)) return false;
  return argv.some((argument) => paths.some((path) => argument === path || argument.endsWith(`=${path}`)));
}
