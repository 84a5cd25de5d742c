/** Shows the Web UI and `temporal … --codec-endpoint` what the codec encoded: POST /decode, POST /encode. */
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import process from "node:process";
import type { Payload } from "@temporalio/common";
import { codec } from "./codec.ts";

/** A payload in JSON: its bytes are in Base64. */
type JsonPayload = { metadata?: Record<string, string>; data?: string };

const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));
const base64 = (bytes?: Uint8Array | null) => Buffer.from(bytes ?? []).toString("base64");
const mapValues = <A, B>(map: Record<string, A>, change: (value: A) => B) =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));

const server = createServer(async (request, response) => {
  response.setHeader("Access-Control-Allow-Origin", process.env["TEMPORAL_UI_URL"] ?? "null");
  response.setHeader("Access-Control-Allow-Headers", "Content-Type, X-Namespace");
  if (request.method !== "POST") return void response.writeHead(204).end();
  const { payloads } = await json(request) as { payloads: JsonPayload[] };
  const change = request.url === "/encode" ? codec.encode : codec.decode;
  const changed = await change(payloads.map(({ metadata = {}, data = "" }): Payload => ({
    metadata: mapValues(metadata, bytes),
    data: bytes(data),
  })));
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({
    payloads: changed.map(({ metadata, data }) => ({
      metadata: mapValues(metadata ?? {}, base64),
      data: base64(data),
    })),
  }));
});
server.listen(Number(process.env["CODEC_PORT"]), "127.0.0.1");
process.on("SIGTERM", () => server.close());
