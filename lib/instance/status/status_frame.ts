import { expectedNamespaces, type Settings } from "../../config/settings.ts";
import type { InstancePaths } from "../paths.ts";
import { frontendAddress, uiAddress } from "./addresses.ts";
import type { Status, StatusState } from "./status.ts";

/** The status of an instance of which nothing runs; of any other, the part that depends only on the settings and paths. */
export function statusFrame(state: StatusState, settings: Settings, paths: InstancePaths): Status {
  return {
    schema: 1,
    state,
    managed: true,
    address: frontendAddress(settings),
    uiUrl: uiAddress(settings),
    namespace: expectedNamespaces(settings)[0]!,
    namespaces: [...new Set(["default", ...settings.namespaces])],
    paths: { home: paths.home, database: settings.dbFilename, log: paths.temporalLog },
    healthy: false,
    temporal: null,
    supervisor: null,
    restarts: 0,
    lastExit: null,
    checks: [],
  };
}
