import { test } from "node:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseNetTcp } from "../../../lib/platform/processes/parse_net_tcp.ts";

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1C41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 25180 1 0000000000000000 100 0 0 10 0
   1: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1123 1 0000000000000000 100 0 0 10 0
   2: 0100007F:1C41 0100007F:E1B2 01 00000000:00000000 00:00000000 00000000     0        0 25999 1 0000000000000000 20 4 30 10 -1
`;

const TCP6 =
  `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when
   0: 00000000000000000000000001000000:1C41 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 777 1 0
   1: 00000000000000000000000000000000:1C41 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 778 1 0
   2: 0000000000000000FFFF00000100007F:1C41 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 779 1 0
   3: B80D0120000000000100000001000000:1C41 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 780 1 0
`;

test("parseNetTcp() finds the listeners of a port and leaves connections out", () => {
  assertEquals(parseNetTcp(TCP, 7233), [{ address: "127.0.0.1", inode: "25180" }]);
  assertEquals(parseNetTcp(TCP, 2024).map((socket) => socket.address), ["0.0.0.0"]);
  assertEquals(parseNetTcp(TCP, 57778), []);
});

test("parseNetTcp() reads IPv6 addresses as people write them", () => {
  assertEquals(parseNetTcp(TCP6, 7233).map((socket) => socket.address), [
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "2001:db8::1:0:1",
  ]);
});

test("parseNetTcp() survives any cut and any text", () => {
  fc.assert(fc.property(fc.nat(TCP.length), (length) => {
    for (const socket of parseNetTcp(TCP.slice(0, length), 7233)) assertEquals(/^\d+$/.test(socket.inode), true);
  }));
  fc.assert(fc.property(fc.string(), (text) => {
    parseNetTcp(text, 7233);
  }));
});
