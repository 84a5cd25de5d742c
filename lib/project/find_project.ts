import { LocalError } from "../errors/local_error.ts";
import { userName } from "../instance/owner.ts";
import { absolutePath, PROJECT_FILE_NAME } from "../instance/paths.ts";
import type { Host, Owner } from "../platform/runtime/host.ts";
import { quotedIfNeeded, shellWord } from "../text/shell_word.ts";

/** How commands are made to ignore a project file. */
const IGNORE = "`--no-project` ignores it";

/** What the search needs of the host. */
type Files = Pick<Host, "exists" | "owner" | "folderOwner" | "uid">;

/**
 * The project file that counts in `cwd`, an absolute path: the nearest one in that folder or above it; null if there is
 * none. Like git, the search trusts no one else, because whoever writes the file decides what is run: it ends at a folder
 * that others may write to, and a file of theirs in such a folder above `cwd` does not count.
 *
 * @throws {LocalError} `project-unusable` for a file that others own or may write to, or that is called `….yml`
 */
export function findProject(host: Files, cwd: string): string | null {
  for (let folder = cwd;;) {
    const path = `${folder === "/" ? "" : folder}/${PROJECT_FILE_NAME}`;
    const isFound = host.exists(path);
    const owner = host.folderOwner(folder);
    const isShared = owner !== null && othersMayWrite(owner);
    if (isFound && !(isShared && folder !== cwd && isForeign(host, host.owner(path)))) {
      checkOwner(host, path);
      return path;
    }
    if (isShared || folder === "/") return null;
    refuseOtherName(host, path);
    folder = absolutePath(`${folder}/..`, "/");
  }
}

/** A file that somebody takes for the project file would be ignored in silence. */
function refuseOtherName(host: Files, path: string): void {
  const other = path.replace(/\.yaml$/, ".yml");
  if (!host.exists(other)) return;
  throw new LocalError("project-unusable", `${other} is not read: a project file is called ${PROJECT_FILE_NAME}`, {
    hint: `\`mv ${shellWord(other)} ${shellWord(path)}\` renames it; ${IGNORE}`,
    facts: { path: other },
  });
}

/**
 * The project file at `path`, an absolute path that was named.
 *
 * @throws {LocalError} `project-unusable` if it is no file, or others own it or may write to it
 */
export function namedProject(host: Files, path: string): string {
  const problem = !host.exists(path) ? "does not exist" : host.folderOwner(path) !== null ? "is a directory" : null;
  if (problem !== null) {
    throw new LocalError("project-unusable", `The project file ${path} ${problem}`, {
      hint: "$STIGMER_PROJECT names it: correct or unset it",
      facts: { path },
    });
  }
  checkOwner(host, path);
  return path;
}

function checkOwner(host: Files, path: string): void {
  const owner = host.owner(path);
  if (owner === null) return; // dangling, or unreadable: what reads it says so
  if (isForeign(host, owner)) {
    const message = `Cannot use ${path}: it belongs to ${userName(owner.uid)}, and this is ${userName(host.uid)}`;
    throw new LocalError("project-unusable", message, {
      hint: `\`chown ${quotedIfNeeded(String(host.uid))} ${shellWord(path)}\`, as root, makes it yours; ${IGNORE}`,
      facts: { path, owner: owner.uid, uid: host.uid },
    });
  }
  if (!othersMayWrite(owner)) return;
  const mode = owner.mode.toString(8);
  throw new LocalError("project-unusable", `Cannot use ${path}: others may write to it (mode ${mode})`, {
    hint: `\`chmod go-w ${shellWord(path)}\` removes their write permission; ${IGNORE}`,
    facts: { path, mode },
  });
}

/** Root can change everything anyway. */
function isForeign({ uid }: Files, owner: Owner | null): boolean {
  return owner !== null && owner.uid !== uid && owner.uid !== 0;
}

/**
 * Whether others than the owner may write. A group with the number of its user is that user's own, as most Linux
 * distributions make them, and with them comes the umask 002: each clone is writable by that group.
 */
function othersMayWrite({ uid, gid, mode }: Owner): boolean {
  const isPrivateGroup = uid !== 0 && gid === uid;
  return (mode & (isPrivateGroup ? 0o002 : 0o022)) !== 0;
}
