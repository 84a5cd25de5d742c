/** The subcommand under which Temporal serves a database of its own. */
const SERVER_SUBCOMMAND = "start-dev";

/**
 * Whether the arguments are those of a Temporal dev server for one of the database files `paths`: it may not have opened
 * its database yet. Other commands that name the file (an editor, this tool with `--db-filename`) do not serve it.
 */
export function namesDatabase(argv: readonly string[] | null, paths: readonly string[]): boolean {
  if (argv === null || !argv.includes(SERVER_SUBCOMMAND)) return false;
  return argv.some((argument) => paths.some((path) => argument === path || argument.endsWith(`=${path}`)));
}
