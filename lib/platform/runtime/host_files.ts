import { systemErrorCode } from "../../errors/local_error.ts";
import { isMissing } from "../../errors/system_error.ts";
import type { Host, Owner } from "./host.ts";

/** What stat(2) says of a path. */
export interface FileInfo extends Owner {
  isFile: boolean;
  isFolder: boolean;
  sizeBytes: number;
}

/** How a runtime looks at files, links followed but by `lstat`. Each call throws the system's error, with its `code`. */
export interface FileCalls {
  stat(path: string): FileInfo;
  lstat(path: string): unknown;
  readText(path: string): string;
}

/** The part of a host that looks at files. */
export function hostFiles(
  { stat, lstat, readText }: FileCalls,
): Pick<Host, "folderOwner" | "owner" | "exists" | "readText"> {
  const infoOf = (path: string) => orRefused(() => stat(path), () => null);
  return {
    folderOwner: (path) => {
      const info = infoOf(path);
      return info?.isFolder === true ? info : null;
    },
    owner: infoOf,
    exists: (path) => orRefused(() => lstat(path) !== null, () => false),
    readText: (path, maxBytes) =>
      orRefused(() => {
        const { isFile, sizeBytes } = stat(path);
        if (!isFile) return { refused: "not-a-file" };
        return sizeBytes > maxBytes ? { refused: "too-big" } : { text: readText(path) };
      }, (refused) => ({ refused })),
  };
}

/** What `look` returns; `otherwise` where the path is not seen. @throws what is no reason for that: the disk fails */
function orRefused<Seen, Unseen>(
  look: () => Seen,
  otherwise: (why: "missing" | "unreadable") => Unseen,
): Seen | Unseen {
  try {
    return look();
  } catch (error) {
    if (isMissing(error)) return otherwise("missing");
    if (["EACCES", "EPERM", "ELOOP"].includes(systemErrorCode(error) ?? "")) return otherwise("unreadable");
    throw error;
  }
}
