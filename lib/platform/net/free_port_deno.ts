/** A free port with `Deno.listen`; `isParked` leaves it in TIME_WAIT. */
export async function freePortDeno(hostname: string, isParked: boolean): Promise<number> {
  const listener = Deno.listen({ hostname, port: 0, transport: "tcp" });
  try {
    const { port } = listener.addr;
    if (!isParked) return port;
    const [client, served] = await Promise.all([Deno.connect({ hostname, port }), listener.accept()]);
    served.close(); // the side that closes first is left in TIME_WAIT
    client.close();
    return port;
  } finally {
    listener.close();
  }
}
