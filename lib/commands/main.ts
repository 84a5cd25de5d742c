import { columnsOfErrors, commandContext, paintOf } from "../cli/context.ts";
import type { Invocation } from "../cli/invocation.ts";
import { readCommandLine } from "../cli/parse_args.ts";
import { readInvocation } from "../cli/read_invocation.ts";
import { homeAmong, typedCommands } from "../cli/typed_commands.ts";
import { toFailure } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import { PROJECT_FILE_NAME } from "../instance/paths.ts";
import { currentHost } from "../platform/runtime/current_host.ts";
import type { Host } from "../platform/runtime/host.ts";
import { wrapAfter } from "../text/wrap.ts";
import { loadCommand } from "./dispatch.ts";

/** Length to which an error truncates Temporal's last log lines, in characters. */
const MAX_LINE = 200;

/** Runs the command line, and prints the error if it fails. */
export async function main(): Promise<{ host: Host; exitCode: number }> {
  const host = await currentHost();
  return { host, exitCode: await run(host) };
}

async function run(host: Host): Promise<number> {
  if (host.args[0] === "__complete") return await (await import("./complete.ts")).printCompletion(host);
  let invocation: Invocation | null = null;
  try {
    if (host.platform === "win32") {
      const why = "Native Windows is not supported: it has no process groups and no flock";
      throw new LocalError("unsupported-platform", why, {
        hint: "Run stigmer-local in WSL 2: https://learn.microsoft.com/windows/wsl",
      });
    }
    invocation = await ownInvocation(host);
    const { command, help, configFailure, project } = invocation;
    const context = commandContext(
      host,
      help ? { ...invocation, operands: command.name === "help" ? [] : [command.name] } : invocation,
    );
    if (configFailure !== undefined) {
      const isInProject = configFailure.message.includes(project?.path ?? "\0");
      const name = isInProject ? PROJECT_FILE_NAME : "config.yaml";
      await context.tell(`warning: ignoring ${name}: ${configFailure.message}`);
    }
    const act = help || invocation.managed
      ? null
      : await (await import("../external/command.ts")).externalCommand(context);
    return await (act ?? await loadCommand(help ? "help" : command.name))(context);
  } catch (error) {
    await tellError(host, error, invocation);
    return error instanceof LocalError ? error.exitCode : 1;
  }
}

async function ownInvocation(host: Host): Promise<Invocation> {
  const line = readCommandLine(host.args);
  const isEphemeral = line.options.get("ephemeral") === true;
  const env = isEphemeral ? (await import("../environment/tool_environment.ts")).withOuterHome(host.env) : host.env;
  return await readInvocation(host, line, env);
}

/** Prints the error, Temporal's last log lines and the hint on stderr, or all of it as JSON on stdout. */
async function tellError(host: Host, error: unknown, invocation: Invocation | null): Promise<void> {
  const surroundings = { env: host.env, cwd: directoryOf(host), project: invocation?.project ?? null };
  const home = invocation?.home ?? homeAmong(host.args, surroundings);
  const isWithoutProject = invocation?.options.get("no-project")?.value === true;
  if (home !== null) typedCommands(home, surroundings, isWithoutProject).inError(error);
  const failure = toFailure(error);
  if (invocation?.json ?? host.args.includes("--json")) {
    await host.write("stdout", JSON.stringify({ schema: 1, error: failure }, null, 2) + "\n");
    return;
  }
  const paint = paintOf(host, "stderr");
  const lastWords = Array.isArray(failure.facts?.["lastWords"]) ? failure.facts["lastWords"] : [];
  const columns = columnsOfErrors(host);
  const lines = [
    ...wrapAfter("error: ", failure.message, columns).map((line) => line.replace(/^error:/, paint.red)),
    ...lastWords.flatMap((line) => wrapAfter("  | ", clipped(String(line)), columns))
      .map((line) => line.replace(/^ {2}\|/, `  ${paint.dim("|")}`)),
    ...(failure.hint === undefined ? [] : wrapAfter("hint: ", failure.hint, columns))
      .map((line) => line.replace(/^hint:/, paint.yellow)),
  ];
  const isVerbose = invocation?.verbose ??
    (host.args.includes("--verbose") || host.env["STIGMER_LOG_LEVEL"] === "debug");
  if (isVerbose) {
    const stack = (await import("../platform/packaging/source_stack.ts")).readableStack(error);
    if (stack !== undefined) lines.push(stack);
  }
  await host.write("stderr", lines.join("\n") + "\n");
}

/** The working directory; if it was deleted, which may be the error, another one. */
function directoryOf(host: Host): string {
  try {
    return host.cwd();
  } catch {
    return "/";
  }
}

/** Temporal's startup framework logs lines of several thousand characters; the log has all of them. */
function clipped(line: string): string {
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line;
}
