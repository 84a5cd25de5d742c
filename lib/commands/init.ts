import { writeFileSync } from "node:fs";
import type { Command, CommandContext } from "../cli/context.ts";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { writeFault } from "../errors/system_error.ts";
import { absolutePath, PROJECT_FILE_NAME } from "../instance/paths.ts";
import { findProject } from "../project/find_project.ts";
import { detectWorkers } from "../project/init/detect_workers.ts";
import { projectTemplate } from "../project/init/project_template.ts";

/** Writes a project file into the working directory; overwrites nothing. */
export const init: Command = async (context) => {
  const { host } = context;
  const folder = host.cwd();
  const path = absolutePath(PROJECT_FILE_NAME, folder);
  const findings = detectWorkers(host, folder);
  writeNew(path, projectTemplate(findings));
  const { manifests, workers } = findings;
  await tellOuter(context, folder);
  await context.answer({ schema: 1, path, manifests, processes: workers.map(({ name }) => name) }, () => {
    const worker = workers[0] === undefined ? "" : `, with a worker: ${workers[0].command}`;
    const seen = manifests.length === 0 ? "" : ` for ${manifests.join(" and ")}${worker}`;
    return `Wrote ${path}${seen}\nEdit it, then run \`stigmer-local start\`.\n`;
  });
  return 0;
};

function writeNew(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: "wx", mode: 0o644 }); // one that others may write to is refused
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    if (code === "EEXIST") {
      throw new LocalError("file-exists", `${path} already exists`, {
        hint: "`stigmer-local config` shows the settings that it makes",
        facts: { path },
      });
    }
    throw new LocalError("project-unusable", `Cannot write ${path}: ${writeFault(code)}`, {
      hint: "Run it in a directory of your own",
      facts: { path, systemError: code },
      cause: error,
    });
  }
}

/** Tells about the project file that no longer counts here. */
async function tellOuter(context: CommandContext, folder: string): Promise<void> {
  let outer: string | null = null;
  try {
    outer = folder === "/" ? null : findProject(context.host, absolutePath("..", folder));
  } catch (error) {
    if (!(error instanceof LocalError)) throw error; // one of others: it does not count
  }
  if (outer !== null) await context.tell(`From here on down, the new file counts instead of ${outer}`);
}
