import type { RequestedSettings, Settings } from "./settings.ts";

/** The two ports of an instance. */
export interface Ports {
  port: number;
  uiPort: number;
}

/** One of {@linkcode Ports}. */
export type AutoPort = keyof Ports;

/** Below the ephemeral ports of Linux (from 32768) and macOS (from 49152), which outgoing connections use. */
const FIRST_PORT = 20_000;
const BLOCKS = 5;
const BLOCK = 1000;
const PLACES = BLOCKS * BLOCK;
/** Coprime to {@linkcode PLACES}, so that the attempts visit all of them. */
const STEP = 1597;

/** Attempts before giving up: a machine on which this many are taken has no free ports. */
export const MAX_CANDIDATES = 100;

/**
 * The ports that `auto` tries for a home, starting with `attempt` 0. They derive from the home's path, so that `env` and
 * `status` know them before the first start. Two ports of the kernel's own (`freePort`, parked in TIME_WAIT as Temporal's
 * devserver/freeport.go does) were tried instead: 64 lines more, ephemeral ports that an outgoing connection may have at
 * the next start, and no address before the first one. Frontends use even thousands and UIs the thousand above, so that no UI takes the
 * port of another home's frontend.
 */
export function portCandidate(home: string, attempt: number): Ports {
  let hash = 0x811c9dc5; // FNV-1a
  for (const byte of new TextEncoder().encode(home)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  const place = (hash + attempt * STEP) % PLACES;
  const port = FIRST_PORT + Math.floor(place / BLOCK) * 2 * BLOCK + place % BLOCK;
  return { port, uiPort: port + BLOCK };
}

/** The ports to choose automatically. A UI without a requested port follows the frontend. */
export function autoPortsOf({ port, uiPort }: RequestedSettings): AutoPort[] {
  const isUiAuto = uiPort === "auto" || (port === "auto" && uiPort === undefined);
  return [...(port === "auto" ? ["port" as const] : []), ...(isUiAuto ? ["uiPort" as const] : [])];
}

/** The requested settings, with `ports` in place of `auto`. */
export function withPorts(requested: RequestedSettings, ports: Ports): Partial<Settings> {
  const chosen = autoPortsOf(requested).map((name) => [name, ports[name]]);
  return { ...requested, ...Object.fromEntries(chosen) } as Partial<Settings>; // none is `auto` any more
}
