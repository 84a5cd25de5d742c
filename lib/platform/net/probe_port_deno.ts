import type { Listener } from "./listener.ts";

/** Listens on a TCP port with `Deno.listen`, which sets SO_REUSEADDR, as Temporal does. */
// deno-lint-ignore require-await -- failures must be rejections, as under Node
export async function probePortDeno(hostname: string, port: number): Promise<Listener> {
  const listener = Deno.listen({ hostname, port, transport: "tcp" });
  return {
    port: listener.addr.port,
    close: () => Promise.resolve(listener.close()),
  };
}
