import type { Listener } from "./listener.ts";

/** Listens on a TCP port, with Deno's own means; SO_REUSEADDR is set, as Temporal does. */
// deno-lint-ignore require-await -- a failure has to be a rejection, as under Node
export async function probePortDeno(hostname: string, port: number): Promise<Listener> {
  const listener = Deno.listen({ hostname, port, transport: "tcp" });
  return {
    port: listener.addr.port,
    close: () => Promise.resolve(listener.close()),
  };
}
