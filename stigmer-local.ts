#!/usr/bin/env -S deno run -A --no-prompt
/**
 * stigmer-local: a Temporal dev server on this machine that is simply there.
 *
 * Runs as `deno run -A stigmer-local.ts …`, as `npx tsx stigmer-local.ts …` (Node 20 and later), and on Node 22.18 and
 * later as `node stigmer-local.ts …`.
 *
 * @module
 */
import { type Invocation, parseCommandLine } from "./lib/core/command_line.ts";
import { toFailure } from "./lib/core/failure.ts";
import { LocalError } from "./lib/core/local_error.ts";
import { paintFor, wantsColour } from "./lib/core/render_status.ts";
import { commandContext } from "./lib/commands/context.ts";
import { loadCommand } from "./lib/commands/dispatch.ts";
import { currentHost, type Host } from "./lib/system/host.ts";

async function main(host: Host): Promise<number> {
  let invocation: Invocation | null = null;
  try {
    if (host.platform === "win32") {
      throw new LocalError("unsupported-platform", "Native Windows has no process groups and no flock", {
        hint: "Run it within WSL 2: https://learn.microsoft.com/windows/wsl",
      });
    }
    invocation = parseCommandLine(host.args, { env: host.env, cwd: host.cwd() });
    const { command, help } = invocation;
    const context = commandContext(
      host,
      help ? { ...invocation, operands: command.name === "help" ? [] : [command.name] } : invocation,
    );
    return await (await loadCommand(help ? "help" : command.name))(context);
  } catch (error) {
    await tellError(host, error, invocation);
    return error instanceof LocalError ? error.exitCode : 1;
  }
}

/** What went wrong, why and what to do: a line each on stderr, or the whole as JSON on stdout. */
async function tellError(host: Host, error: unknown, invocation: Invocation | null): Promise<void> {
  const failure = toFailure(error);
  if (invocation?.json ?? host.args.includes("--json")) {
    return await host.write("stdout", JSON.stringify({ schema: 1, error: failure }, null, 2) + "\n");
  }
  const paint = paintFor(wantsColour(host.isTerminal("stderr"), host.env));
  const lastWords = Array.isArray(failure.facts?.["lastWords"]) ? failure.facts["lastWords"] : [];
  const lines = [
    `${paint.red("error:")} ${failure.message}`,
    ...lastWords.map((line) => `  ${paint.dim("|")} ${line}`),
    ...(failure.hint === undefined ? [] : [`${paint.yellow("hint:")} ${failure.hint}`]),
  ];
  const isVerbose = invocation?.verbose ??
    (host.args.includes("--verbose") || host.env["STIGMER_LOG_LEVEL"] === "debug");
  if (isVerbose && error instanceof Error && error.stack !== undefined) lines.push(error.stack);
  await host.write("stderr", lines.join("\n") + "\n");
}

const host = await currentHost();
host.exit(await main(host));
