import type { RequestedSettings, Settings } from "./settings.ts";

/** The two ports of an instance. */
export interface Ports {
  port: number;
  uiPort: number;
}

/** One of {@linkcode Ports}. */
export type AutoPort = keyof Ports;

/** Below what Linux (32768) and macOS (49152) give to outgoing connections: whoever asks for a port of their own gets none of these. */
const FIRST_PORT = 20_000;
const BLOCKS = 5;
const BLOCK = 1000;
const PLACES = BLOCKS * BLOCK;
/** Has no factor in common with {@linkcode PLACES}: all of them are gone through. */
const STEP = 1597;

/** More are not tried: who has so many ports has the rest as well. */
export const MAX_CANDIDATES = 100;

/**
 * The ports that `auto` tries for a home, the first one with `attempt` 0. They follow from the home's path, so that they
 * are likely to be the same also when nothing was kept. Frontends are in even thousands and their UIs a thousand above:
 * no UI stands where the frontend of another home would.
 */
export function portCandidate(home: string, attempt: number): Ports {
  let hash = 0x811c9dc5; // FNV-1a
  for (const byte of new TextEncoder().encode(home)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  const place = (hash + attempt * STEP) % PLACES;
  const port = FIRST_PORT + Math.floor(place / BLOCK) * 2 * BLOCK + place % BLOCK;
  return { port, uiPort: port + BLOCK };
}

/** The ports that may be any. A UI that nobody asked a port for goes with the frontend. */
export function autoPortsOf({ port, uiPort }: RequestedSettings): AutoPort[] {
  const isUiAuto = uiPort === "auto" || (port === "auto" && uiPort === undefined);
  return [...(port === "auto" ? ["port" as const] : []), ...(isUiAuto ? ["uiPort" as const] : [])];
}

/** What was asked for, with `ports` where any will do. */
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
