import type { Command } from "../cli/context.ts";
import { DEFAULT_TEMPORAL_VERSION } from "../config/temporal_versions.ts";
import { COMMIT } from "../platform/packaging/bundle.ts";
import { VERSION } from "../platform/packaging/tool_version.ts";

/** Prints the versions of the tool, the runtime and the pinned Temporal. */
export const version: Command = async (context) => {
  const { runtime, runtimeVersion, platform } = context.host;
  const facts = {
    schema: 1,
    version: VERSION,
    commit: COMMIT,
    temporal: DEFAULT_TEMPORAL_VERSION,
    runtime,
    runtimeVersion,
    platform,
  };
  await context.answer(
    facts,
    () =>
      `stigmer-local ${VERSION} (Temporal ${DEFAULT_TEMPORAL_VERSION}, ${runtime} ${runtimeVersion}, ${platform})\n`,
  );
  return 0;
};
