// Stands for your workflow tests.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";

test("Temporal accepts connections", async () => {
  assert.match(process.env.TEMPORAL_ADDRESS, /^127\.0\.0\.1:\d+$/);
  const [host, port] = process.env.TEMPORAL_ADDRESS.split(":");
  const socket = connect({ host, port: Number(port) });
  await once(socket, "connect");
  socket.destroy();
});
