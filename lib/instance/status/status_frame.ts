import { expectedNamespaces, type Settings } from "../../config/settings.ts";
import type { InstancePaths } from "../paths.ts";
import { frontendAddress, uiAddress } from "./addresses.ts";
import type { Status, StatusState } from "./status.ts";

/** The fields of a status that depend only on the settings and paths. */
export function statusFrame(
  state: StatusState,
  settings: Settings,
  paths: InstancePaths,
): Pick<Status, "schema" | "state" | "managed" | "address" | "uiUrl" | "namespace" | "namespaces" | "paths"> {
  return {
    schema: 1,
    state,
    managed: true,
    address: frontendAddress(settings),
    uiUrl: uiAddress(settings),
    namespace: expectedNamespaces(settings)[0]!,
    namespaces: [...new Set(["default", ...settings.namespaces])],
    paths: { home: paths.home, database: settings.dbFilename, log: paths.temporalLog },
  };
}
