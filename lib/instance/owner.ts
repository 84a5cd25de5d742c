import type { Host } from "../platform/runtime/host.ts";
import { shellWord } from "../text/shell_word.ts";

/** A user in messages. */
export function userName(uid: number): string {
  return uid === 0 ? "root" : `user ${uid}`;
}

/** Why a file or folder is not this user's alone: words that follow its name. */
export interface OwnerFault {
  /** It belongs to another user; else it is only writable by others. */
  isForeign: boolean;
  reason: string;
  /** What to do if it is a home. */
  remedy: string;
  facts: Record<string, unknown>;
}

/**
 * What the owner and the permissions of `path` tell: null if it is this user's, and no other one may write to it. A user who
 * can write to a home could make us signal or run anything.
 *
 * @param uid The user who runs this tool.
 */
export function ownerFault(path: string, owner: { uid: number; mode: number }, uid: number): OwnerFault | null {
  if (owner.uid !== uid) {
    return {
      isForeign: true,
      reason: `belongs to ${userName(owner.uid)}, and this is ${userName(uid)}`,
      // Root's was made by a single `sudo`; anyone else's is left to its owner.
      remedy: owner.uid === 0
        ? `sudo chown -R ${uid} ${shellWord(path)}`
        : "Choose another home with --home or STIGMER_HOME",
      facts: { owner: owner.uid, uid },
    };
  }
  if ((owner.mode & 0o022) === 0) return null;
  const mode = (owner.mode & 0o7777).toString(8);
  const reason = `is writable by others (mode ${mode})`;
  return { isForeign: false, reason, remedy: `chmod go-w ${shellWord(path)}`, facts: { mode } };
}

/** Whether the folder `home` exists, and only this user can write to it. */
export function isOwnHome({ uid, folderOwner }: Pick<Host, "uid" | "folderOwner">, home: string): boolean {
  const owner = folderOwner(home);
  return owner !== null && ownerFault(home, owner, uid) === null;
}
