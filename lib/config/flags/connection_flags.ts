import { type Flag, settable } from "./flag.ts";

/** Flags for the connection to an external Temporal, named like those of Temporal's CLI. */
export const CONNECTION_FLAGS: readonly Flag[] = settable([
  {
    name: "managed",
    kind: "boolean",
    help: "Run Temporal with this tool (default); false = connect to an external one",
  },
  {
    name: "address",
    kind: "text",
    value: "HOST:PORT",
    help: "Connect to an existing Temporal instead of managing one",
  },
  { name: "profile", kind: "text", value: "NAME", help: "Connect to the Temporal of this profile in temporal.toml" },
  {
    name: "config-file",
    kind: "text",
    value: "FILE",
    isPath: true,
    help: "Path of Temporal's client configuration, temporal.toml",
  },
  {
    name: "api-key-file",
    kind: "text",
    value: "FILE",
    isPath: true,
    help: "File with the API key (or set $TEMPORAL_API_KEY)",
  },
  { name: "tls", kind: "boolean", help: "Use TLS (default with an API key or TLS options)" },
  { name: "tls-ca-path", kind: "text", value: "FILE", isPath: true, help: "CA certificate to trust (PEM)" },
  { name: "tls-cert-path", kind: "text", value: "FILE", isPath: true, help: "Client certificate (PEM)" },
  {
    name: "tls-key-path",
    kind: "text",
    value: "FILE",
    isPath: true,
    help: "Private key of the client certificate (PEM)",
  },
  {
    name: "tls-server-name",
    kind: "text",
    value: "NAME",
    help: "Expected name in the server's certificate (default: the host)",
  },
  { name: "tls-disable-host-verification", kind: "boolean", help: "Skip verification of the server's certificate" },
]);
