import { systemErrorCode } from "../../../lib/errors/local_error.ts";
import type { World } from "../world.ts";

/** Makes a test of what is to happen in a world, beside a folder of its own. */
export type InWorld = (body: (world: World, folder: string) => Promise<void>) => () => Promise<void>;

/** PIDs in order, to be compared. */
export function pidsOf(seen: { pid: number }[]): number[] {
  return seen.map(({ pid }) => pid).sort((a, b) => a - b);
}

/** The code of the system error that `action` throws; null for none. */
export function errorOf(action: () => void): string | null {
  try {
    action();
    return null;
  } catch (error) {
    return systemErrorCode(error) ?? String(error);
  }
}
