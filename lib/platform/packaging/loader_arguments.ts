/** Options of Node that preload a module. */
const LOADERS = ["--import", "--require", "-r", "--loader", "--experimental-loader"];

/**
 * Selects the options that preload a module, such as tsx, from the options of Node (`process.execArgv`), for a child process
 * in another working folder. Drops others, such as `--test` and `--inspect`.
 *
 * @param resolve Returns the absolute path of a module given by name or relative path.
 */
export function loaderArguments(execArgv: readonly string[], resolve: (name: string) => string): string[] {
  const found: string[] = [];
  for (let i = 0; i < execArgv.length; i++) {
    const word = execArgv[i]!;
    const [option = "", ...rest] = word.split("=");
    if (!LOADERS.includes(option)) continue;
    const module = word.includes("=") ? rest.join("=") : execArgv[++i];
    if (module !== undefined) found.push(option, /^(\/|[a-z]+:)/.test(module) ? module : resolve(module));
  }
  return found;
}
