// Stands for your workflow tests.
Deno.test("Temporal is there", async () => {
  const [hostname, port] = Deno.env.get("TEMPORAL_ADDRESS")!.split(":");
  const connection = await Deno.connect({ hostname, port: Number(port) });
  connection.close();
});
