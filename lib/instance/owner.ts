import { shellWord } from "../text/shell_word.ts";

/** A user in messages. */
export function userName(uid: number): string {
  return uid === 0 ? "root" : `user ${uid}`;
}

/**
 * What makes a home usable that belongs to another user. One that root owns was made by a single `sudo`; anyone else's is
 * left to its owner.
 *
 * @param uid The user who runs this tool.
 */
export function ownerRemedy(home: string, owner: number, uid: number): string {
  return owner === 0 ? `sudo chown -R ${uid} ${shellWord(home)}` : "Choose another home with --home or STIGMER_HOME";
}
