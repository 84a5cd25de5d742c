/** Runs beside the workers that stigmer-local started: `make test`, or `stigmer-local run -- npm test`. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { execute } from "../../shared/temporal.ts";

test("an order goes through the workers of all three services", async () => {
  assert.equal(await execute("orders", "fulfil", randomUUID(), "a book"), "a book: charged, shipped");
});
