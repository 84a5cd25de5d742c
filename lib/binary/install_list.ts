import { checkHome, type CommandContext } from "../cli/context.ts";
import { DEFAULT_TEMPORAL_VERSION } from "../config/temporal_versions.ts";
import { managedBinaries, type ManagedBinary } from "./installed.ts";
import { megabytes } from "./render_install.ts";
import { readSelectedVersion } from "./selected_version.ts";

/** Lists the managed binaries of the home, and marks the running one and that of the next launch. */
export async function listInstalled(context: CommandContext): Promise<number> {
  const { host, invocation: { home, temporalVersion } } = context;
  const isThere = checkHome(context);
  const next = temporalVersion ?? (isThere ? readSelectedVersion(home).version : DEFAULT_TEMPORAL_VERSION);
  const versions = (isThere ? managedBinaries(home, host.platform) : [])
    .map((binary) => ({ ...binary, isNext: binary.version === next }));
  await context.answer(
    { schema: 1, home, default: DEFAULT_TEMPORAL_VERSION, versions },
    () =>
      versions.length === 0
        ? "No Temporal is installed in this home; `stigmer-local install` installs one\n"
        : render(versions),
  );
  return 0;
}

function render(versions: readonly (ManagedBinary & { isNext: boolean })[]): string {
  const width = Math.max(...versions.map(({ version }) => version.length));
  return versions.map(({ version, sizeBytes, isRunning, isNext }) => {
    const marks = [isRunning ? "running" : "", isNext ? "next" : ""].filter((mark) => mark !== "").join(", ");
    return `${version.padEnd(width)}  ${megabytes(sizeBytes).padStart(9)}  ${marks}`.trimEnd() + "\n";
  }).join("");
}
