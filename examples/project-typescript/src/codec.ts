import { deflateSync, inflateSync } from "node:zlib";
import type { Payload, PayloadCodec } from "@temporalio/common";

const ENCODING = "binary/compressed";
const text = (bytes?: Uint8Array | null) => Buffer.from(bytes ?? []).toString();

/** Compresses what the workflows get and return, before it leaves this process: Temporal stores nothing else. */
export const codec: PayloadCodec = {
  encode: (payloads) =>
    Promise.resolve(payloads.map((payload): Payload => ({
      metadata: {
        ...payload.metadata,
        encoding: Buffer.from(ENCODING),
        "encoding-inside": payload.metadata?.["encoding"] ?? Buffer.from(""),
      },
      data: deflateSync(payload.data ?? Buffer.from("")),
    }))),
  decode: (payloads) =>
    Promise.resolve(payloads.map((payload): Payload => {
      const { encoding, "encoding-inside": inside, ...metadata } = payload.metadata ?? {};
      if (text(encoding) !== ENCODING) return payload;
      return { metadata: { ...metadata, encoding: inside! }, data: inflateSync(payload.data!) };
    })),
};

/** The data converter of the client and of the worker. */
export const dataConverter = { payloadCodecs: [codec] };
