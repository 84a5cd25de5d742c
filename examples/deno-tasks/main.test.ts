// Stands for your workflow tests.
Deno.test("Temporal accepts connections", async () => {
  const { hostname, port } = new URL(`tcp://${Deno.env.get("TEMPORAL_ADDRESS")}`);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  connection.close();
});
