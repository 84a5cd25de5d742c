// Stands for your program: connects to Temporal, as a client would, and prints the address.
const address = Deno.env.get("TEMPORAL_ADDRESS")!;
const { hostname, port } = new URL(`tcp://${address}`);
const connection = await Deno.connect({ hostname, port: Number(port) });
console.log(`connected to ${address}, namespace ${Deno.env.get("TEMPORAL_NAMESPACE")}`);
connection.close();
