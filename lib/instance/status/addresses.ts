import { publicPath } from "../../config/dev_server_args.ts";
import type { Settings } from "../../config/settings.ts";

/** `127.0.0.1:7233`, `[::1]:7233`. */
export function formatAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The parts of an address as {@linkcode formatAddress} writes it. */
export function parseAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(address.slice(colon + 1)) };
}

/** The address that a client on this machine uses for a server that binds `ip`. */
export function clientHost(ip: string): string {
  if (ip === "0.0.0.0") return "127.0.0.1";
  return ip === "::" ? "::1" : ip;
}

/** Where a client on this machine reaches the frontend. */
export function frontendEndpoint({ ip, port }: Settings): { host: string; port: number } {
  return { host: clientHost(ip), port };
}

/** `host:port` of the frontend, for a client on this machine. */
export function frontendAddress(settings: Settings): string {
  return formatAddress(clientHost(settings.ip), settings.port);
}

/** URL of the Web UI; null when headless. */
export function uiAddress(settings: Settings): string | null {
  if (settings.headless) return null;
  const path = settings.uiPublicPath === null ? "" : publicPath(settings.uiPublicPath);
  return `http://${formatAddress(clientHost(settings.uiIp ?? settings.ip), settings.uiPort)}${path}`;
}
