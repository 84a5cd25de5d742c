import type { RequestedSettings, Settings } from "./settings.ts";

/** The two ports of an instance. */
export interface Ports {
  port: number;
  uiPort: number;
}

/** One of {@linkcode Ports}. */
export type AutoPort = keyof Ports;

/** Ports of `auto` before the first start, which allocates them. */
export const UNALLOCATED: Ports = { port: 0, uiPort: 0 };

/** The ports to choose automatically. A UI without a requested port follows the frontend. */
export function autoPortsOf({ port, uiPort }: RequestedSettings): AutoPort[] {
  const isUiAuto = uiPort === "auto" || (port === "auto" && uiPort === undefined);
  return [...(port === "auto" ? ["port" as const] : []), ...(isUiAuto ? ["uiPort" as const] : [])];
}

/** The requested settings, with `ports` in place of `auto`. */
export function withPorts(requested: RequestedSettings, ports: Ports): Partial<Settings> {
  const { port: _port, uiPort: _uiPort, ...rest } = requested;
  const result: Partial<Settings> = rest;
  const auto = autoPortsOf(requested);
  for (const name of ["port", "uiPort"] as const) {
    const value = auto.includes(name) ? ports[name] : requested[name];
    if (typeof value === "number") result[name] = value;
  }
  return result;
}
