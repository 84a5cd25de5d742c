import type { SocketPath } from "./socket_path_long.ts";
/** The longest path in `sockaddr_un`, in bytes and without the closing NUL: unix(7); on macOS sys/un.h. */
const MAX_BYTES = { linux: 107, darwin: 103 } as const;

/**
 * The path under which the socket `name` in the folder `home` can be bound and connected to: itself, as long as the
 * kernel can take it. Node 20 cuts a longer one silently and binds elsewhere (nodejs/node#48316).
 * In this case no other module is loaded: it is what most calls on the hot paths do.
 *
 * @param platform As `process.platform` names it.
 * @throws {LocalError} `home-unusable` when the way round a long path is barred
 */
export async function socketPath(home: string, name: string, platform: string): Promise<SocketPath> {
  const path = `${home.replace(/\/+$/, "")}/${name}`;
  const maxBytes = platform === "darwin" ? MAX_BYTES.darwin : MAX_BYTES.linux;
  if (new TextEncoder().encode(path).length <= maxBytes) return { path, close: () => {} };
  const { shortSocketPath } = await import("./socket_path_long.ts");
  return shortSocketPath(home, name, platform);
}
