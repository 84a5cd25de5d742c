import { type Host, isDeno } from "./host.ts";

/** The host that we run on. */
export async function currentHost(): Promise<Host> {
  return isDeno ? (await import("./host_deno.ts")).denoHost() : (await import("./host_node.ts")).nodeHost();
}
