import { checkHome, type CommandContext } from "../cli/context.ts";
import { DEFAULT_TEMPORAL_VERSION } from "../config/temporal_versions.ts";
import { storePath } from "../instance/paths.ts";
import { findManaged, findOptions } from "./find.ts";
import { managedBinaries, type ManagedBinary } from "./installed.ts";
import { megabytes } from "./render_install.ts";

/** Lists the managed binaries that the instance finds, the homes that run them, and marks that of the next launch. */
export async function listInstalled(context: CommandContext): Promise<number> {
  const { host, invocation: { home } } = context;
  checkHome(context);
  const place = { home, env: host.env, cwd: host.cwd() };
  const next = findManaged(findOptions(context));
  const versions = managedBinaries(place, host.platform)
    .map((binary) => ({ ...binary, isRunning: binary.usedBy.length > 0, isNext: binary.path === next?.path }));
  await context.answer(
    { schema: 1, home, store: storePath(home, host.env, host.cwd()), default: DEFAULT_TEMPORAL_VERSION, versions },
    () => versions.length === 0 ? "No Temporal is installed; `stigmer-local install` installs one\n" : render(versions),
  );
  return 0;
}

function render(versions: readonly (ManagedBinary & { isNext: boolean })[]): string {
  const width = Math.max(...versions.map(({ version }) => version.length));
  return versions.map(({ version, path, sizeBytes, usedBy, isNext }) => {
    const marks = [...usedBy.length > 0 ? [`used by ${usedBy.join(", ")}`] : [], ...isNext ? ["next"] : []].join("; ");
    const start = `${version.padEnd(width)}  ${megabytes(sizeBytes).padStart(9)}  ${path}`;
    return `${start}${marks === "" ? "" : `  ${marks}`}\n`;
  }).join("");
}
