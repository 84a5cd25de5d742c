import { existsSync, lstatSync, mkdirSync, readlinkSync, renameSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { systemErrorCode } from "../errors/local_error.ts";
import type { Instance, LaunchRequest } from "../instance/context.ts";
import { realPath, removeEntry, sweepRegistry, writeEntry } from "../instance/registry/registry.ts";
import { removeQuietly } from "../platform/files/remove_if_present.ts";
import { isOver } from "../process/states.ts";
import type { Supervisor } from "./supervisor.ts";

/** What others find an instance by. */
export interface Announcement {
  /** Makes it again where it was deleted. */
  restore(): void;
  /** Removes the entry in the registry if the home does not exist any more. */
  end(): void;
}

/**
 * Keeps what others find this instance by: its entry in the registry of `ls`, and the link to its binary that `run` puts on
 * PATH. First written when Temporal is ready, so that no launch waits for it, and then again each time, because the binary
 * may be another one. Best effort: what cannot be written is noted in the log once.
 */
export function announce(instance: Instance, { project }: LaunchRequest, supervisor: Supervisor): Announcement {
  const { host, paths, log } = instance;
  const troubles = new Set<string>();
  const tried = (what: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      const why = systemErrorCode(error);
      if (why === undefined) throw error;
      if (!troubles.has(what)) log.note(what, { why });
      troubles.add(what);
    }
  };
  const home = realPath(paths.home) ?? paths.home;
  let isNew = true;
  const register = () => {
    tried("not in the registry", () => writeEntry(host, { home, project: project ?? null }, isNew));
    isNew = false;
  };
  const linkBinary = () => {
    const { process: temporal } = supervisor.manager;
    const binary = temporal?.executable ?? temporal?.binary ?? null;
    if (binary !== null) tried("binary not linked", () => linkTo(binary, paths.temporalLink));
  };
  const keep = async () => {
    for (;;) {
      const { kind } = await supervisor.until(({ state }) => state.kind === "running" || isOver(state) ? state : null);
      if (kind !== "running") return;
      register();
      linkBinary();
      await supervisor.until(({ state }) => state.kind === "running" ? null : true);
    }
  };
  keep().catch((error: unknown) => log.note("not announced", { why: String(error) }));
  let isSwept = false;
  return {
    restore: () => {
      register();
      if (!isSwept) tried("registry not swept", () => sweepRegistry(host));
      isSwept = true;
    },
    end: () => {
      if (!host.exists(paths.home)) removeEntry(host, home);
    },
  };
}

/** Lets the link at `path` lead to `target`, with one rename(2). Anything but a link at the path stays as it is. */
function linkTo(target: string, path: string): void {
  const seen = lstatSync(path, { throwIfNoEntry: false });
  if (seen !== undefined && (!seen.isSymbolicLink() || readlinkSync(path) === target)) return;
  if (!existsSync(dirname(path))) mkdirSync(dirname(path), { mode: 0o700 });
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  symlinkSync(target, temporary);
  try {
    renameSync(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
}
