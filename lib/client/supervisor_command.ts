import process from "node:process";
import { daemonEnvironment } from "../environment/daemon_environment.ts";
import type { LaunchRequest } from "../instance/context.ts";
import { isBundled, SUPERVISE, SUPERVISOR_FILE } from "../platform/packaging/bundle.ts";
import { loaderArguments } from "../platform/packaging/loader_arguments.ts";
import type { Host } from "../platform/runtime/host.ts";

/**
 * The command line that runs the supervisor of `launchRequest` on the current runtime, and its environment.
 *
 * Deno's `process.execArgv` is empty, so its flags are given explicitly. A young generation of fixed size keeps the
 * heap of a long-lived process small (70 instead of 120 MB after 200 crashes), and with 4 MB a start runs no garbage
 * collection, which takes 4 ms. `--single-threaded-gc` saves 1 MB. `--lite-mode` and the like would save more, but V8
 * rejects code compiled with other flags (`cached_data_version_tag`), and Deno has one code cache for all processes:
 * each start of a supervisor, and the command after it, would take 40 ms more. Deno's update check takes 3 MB.
 */
export function supervisorCommand(
  host: Host,
  launchRequest: LaunchRequest,
): { command: string; args: string[]; env: Record<string, string> } {
  const main = isBundled
    ? new URL(SUPERVISOR_FILE, import.meta.url)
    : new URL("../supervisor/main.ts", import.meta.url);
  const { runner, env } = host.runtime === "deno"
    ? { runner: [...DENO_ARGS, main.protocol === "file:" ? pathOf(main) : main.href], env: DENO_ENV }
    : { runner: [...isBundled ? [] : typeScriptLoader(), "--max-semi-space-size=1", pathOf(main)], env: plugAndPlay() };
  return {
    command: process.execPath,
    args: [...runner, ...isBundled ? [SUPERVISE] : [], JSON.stringify(launchRequest)],
    env: { ...daemonEnvironment(host.env, host.cwd), ...env },
  };
}

const DENO_ENV = { DENO_NO_UPDATE_CHECK: "1" };
const DENO_ARGS = [
  ...["run", "-A", "--quiet", "--no-prompt", "--no-config"],
  "--v8-flags=--min-semi-space-size=4,--max-semi-space-size=4,--single-threaded-gc",
];

/** The options with which our own process loads TypeScript; none if Node does so by itself. */
function typeScriptLoader(): string[] {
  if ((process.features as { typescript?: unknown }).typescript) return [];
  const { createRequire } = process.getBuiltinModule("node:module");
  return loaderArguments(process.execArgv, createRequire(`${process.cwd()}/`).resolve);
}

/** Under Yarn Plug'n'Play, packages are in archives, which Node reads only through the hooks in NODE_OPTIONS. */
function plugAndPlay(): Record<string, string> {
  if (process.versions["pnp"] === undefined) return {};
  const options = process.env["NODE_OPTIONS"]?.match(/--(?:require|experimental-loader)[ =]("[^"]*"|\S+)/g) ?? [];
  return { NODE_OPTIONS: options.filter((option) => option.includes(".pnp.")).join(" ") };
}

/** Does without `node:url`, which costs Deno 1.5 ms; what it does beyond this is for Windows. */
function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname);
}
