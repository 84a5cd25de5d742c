import type { Command, CommandContext } from "../cli/context.ts";
import { selectNamespace } from "../cli/select_namespace.ts";
import { currentStatus } from "../client/current_status.ts";
import { LocalError } from "../errors/local_error.ts";
import { stateInWords } from "../instance/status/status.ts";

/** Prints the address of the Web UI and, on a terminal, opens it in the browser. */
export const ui: Command = async (context) => {
  const { host, invocation: { json, quiet, commandOptions } } = context;
  const status = await currentStatus(context);
  if (status.temporal === null) {
    throw new LocalError("not-running", `${stateInWords(status.state)}: no Web UI to open`, {
      hint: "`stigmer-local start` starts it",
      facts: { state: status.state },
    });
  }
  if (status.uiUrl === null) {
    throw new LocalError("no-ui", "This Temporal has no Web UI: it was started with --headless", {
      hint: "Run `stigmer-local stop`, then `stigmer-local start` to start it with a UI on the same data",
    });
  }
  const { namespace } = context.invocation;
  const selected = await selectNamespace(context, status);
  const page = namespace === null ? "" : `/namespaces/${encodeURIComponent(selected.namespace)}/workflows`;
  const uiUrl = status.uiUrl.replace(/\/$/, page === "" ? "$&" : "") + page;
  const isWanted = commandOptions["print"] !== true && !json && !quiet && host.isTerminal("stdout");
  await context.answer({ schema: 1, uiUrl }, () => `${uiUrl}\n`);
  if (isWanted) await openInBrowser(context, uiUrl);
  return 0;
};

/** A failure is only a warning: the address has been printed. */
async function openInBrowser(context: CommandContext, url: string): Promise<void> {
  const { host } = context;
  const opener = host.env["BROWSER"]?.split(":")[0] || (host.platform === "darwin" ? "open" : "xdg-open");
  const { spawnDetached } = await import("../platform/spawn/spawn_detached.ts");
  try {
    await spawnDetached({
      command: opener,
      args: [url],
      cwd: host.cwd(),
      env: host.env,
      stdin: "null",
      stdout: "null",
      stderr: "null",
      pass: [],
    });
  } catch (error) {
    if (!(error instanceof LocalError)) throw error;
    await context.tell(`warning: could not open a browser: ${error.message}`);
  }
}
