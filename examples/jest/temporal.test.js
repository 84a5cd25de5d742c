// Stands for your workflow tests.
import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "@jest/globals";

test("Temporal accepts connections", async () => {
  expect(process.env.TEMPORAL_ADDRESS).toMatch(/^127\.0\.0\.1:\d+$/);
  const [host, port] = process.env.TEMPORAL_ADDRESS.split(":");
  const socket = connect({ host, port: Number(port) });
  await once(socket, "connect");
  socket.destroy();
});
