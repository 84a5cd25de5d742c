import type { SocketPath } from "./socket_path_long.ts";
/** Maximum length of a path in `sockaddr_un`, in bytes without the final NUL: unix(7); on macOS sys/un.h. */
const MAX_BYTES = { linux: 107, darwin: 103 } as const;

/**
 * A path by which the socket `name` in the folder `home` can be bound and connected to: its own path if the kernel
 * accepts its length. Node 20 silently truncates a longer one and binds elsewhere (nodejs/node#48316). Loads another
 * module only for a long path, because this is on the hot path.
 *
 * @param platform As `process.platform` names it.
 * @throws {LocalError} `home-unusable` if no short path can be created
 */
export async function socketPath(home: string, name: string, platform: string): Promise<SocketPath> {
  const path = `${home.replace(/\/+$/, "")}/${name}`;
  const maxBytes = platform === "darwin" ? MAX_BYTES.darwin : MAX_BYTES.linux;
  if (new TextEncoder().encode(path).length <= maxBytes) return { path, close: () => {} };
  const { shortSocketPath } = await import("./socket_path_long.ts");
  return shortSocketPath(home, name, platform);
}
