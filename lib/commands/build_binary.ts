import { DEFAULT_TEMPORAL_VERSION } from "../core/versions.ts";
import { buildTemporal } from "../temporal/go_install.ts";
import type { CommandContext } from "./context.ts";
