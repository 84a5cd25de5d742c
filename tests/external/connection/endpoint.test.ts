import { describe, it } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { resolveExternal, splitAddress } from "../../../lib/external/connection/endpoint.ts";
import { profileFromOptions, withAbsolutePaths } from "../../../lib/external/connection/options.ts";
import { type ClientProfile, profileFromEnvironment } from "../../../lib/external/connection/profile.ts";
import { Secret } from "../../../lib/external/connection/secret.ts";
import { externalEnvironment, isSecretVariable } from "../../../lib/external/environment.ts";
import { parseCommandLine } from "../../cli/parse_command_line.ts";

function given(line: string, env: Record<string, string> = {}) {
  return parseCommandLine(line.split(" "), { env: { HOME: "/home/me", ...env }, cwd: "/src" }).options;
}

function isManaged(line: string, env: Record<string, string> = {}): boolean {
  return parseCommandLine(line.split(" "), { env: { HOME: "/home/me", ...env }, cwd: "/src" }).managed;
}

function profileOf(values: Record<string, unknown>): ClientProfile {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value, from: `--${key}` }]));
}

describe("isExternal()", () => {
  it("is false by default, whatever Temporal's own variables say", () => {
    assertEquals(
      isManaged("start", { TEMPORAL_ADDRESS: "t:1", TEMPORAL_PROFILE: "cloud", TEMPORAL_API_KEY: "k" }),
      true,
    );
  });

  it("is true with an address or a profile, or with managed off", () => {
    for (const line of ["start --address t:1", "start --profile cloud", "start --managed=false"]) {
      assertEquals(isManaged(line), false, line);
    }
    for (const name of ["STIGMER_ADDRESS", "STIGMER_PROFILE"]) {
      assertEquals(isManaged("start", { [name]: "t:1" }), false);
    }
    assertEquals(isManaged("start", { STIGMER_MANAGED: "0" }), false);
  });

  it("follows the higher precedence, and managed on a tie", () => {
    assertEquals(isManaged("start --managed", { STIGMER_ADDRESS: "t:1" }), true);
    assertEquals(isManaged("start --address t:1", { STIGMER_MANAGED: "1" }), false);
    assertEquals(isManaged("start --managed --address t:1"), true);
    assertEquals(isManaged("start --managed=false", { STIGMER_MANAGED: "1" }), false);
  });
});

describe("profileFromOptions()", () => {
  it("reads the connection flags, the first namespace, and paths relative to their source", () => {
    const line =
      "start --address t:1 -n a -n b --tls-ca-path ca.pem --api-key-file ~/key --tls-server-name x --config-file c";
    const options = given(line, { STIGMER_TLS_KEY_PATH: "/k" });
    assertEquals(
      profileFromOptions(options),
      {
        address: { value: "t:1", from: "--address" },
        namespace: { value: "a", from: "--namespace" },
        serverCaPath: { value: "/src/ca.pem", from: "--tls-ca-path" },
        clientKeyPath: { value: "/k", from: "$STIGMER_TLS_KEY_PATH" },
        apiKeyFile: { value: "/home/me/key", from: "--api-key-file" },
        serverName: { value: "x", from: "--tls-server-name" },
      } as ClientProfile,
    );
    assertEquals(options.get("config-file")?.value, "/src/c");
  });

  it("refuses --api-key and suggests an alternative", () => {
    const error = assertThrows(() => given("start --api-key s3cret"), LocalError);
    assertEquals([error.exitCode, error.hint?.includes("$TEMPORAL_API_KEY")], [2, true]);
    assert(!JSON.stringify([error.message, error.hint, error.facts]).includes("s3cret"));
  });
});

describe("splitAddress()", () => {
  it("accepts names, IPv4 and bracketed IPv6 with a port", () => {
    assertEquals(splitAddress("t.example:7233", "x"), { host: "t.example", port: 7233 });
    assertEquals(splitAddress("127.0.0.1:1", "x"), { host: "127.0.0.1", port: 1 });
    assertEquals(splitAddress("[::1]:65535", "x"), { host: "::1", port: 65535 });
  });

  it("refuses anything else, and names its source", () => {
    for (const bad of ["t", "t:", ":1", "t:0", "t:65536", "http://t:1", "::1:7233", "a b:1", "t:1/", "me@t:1", ""]) {
      const error = assertThrows(() => splitAddress(bad, "$STIGMER_ADDRESS"), LocalError);
      assertEquals(
        [error.exitCode, error.message.endsWith(" from $STIGMER_ADDRESS: expected HOST:PORT")],
        [2, true],
        bad,
      );
    }
  });
});

describe("resolveExternal()", () => {
  const address = "t.example:7233";

  it("defaults to plain HTTP/2 and the namespace `default`", () => {
    const external = resolveExternal(profileOf({ address }));
    assertEquals([external.tls, external.apiKey, external.namespace], [null, null, "default"]);
  });

  it("uses TLS with an API key or any TLS option, unless it is off", () => {
    for (const more of [{ tls: true }, { serverCaPath: "/ca" }, { serverName: "n" }, { apiKeyFile: "/k" }]) {
      assert(resolveExternal(profileOf({ address, ...more })).tls !== null, JSON.stringify(more));
      assertEquals(resolveExternal(profileOf({ address, ...more, tls: false })).tls, null);
    }
    const { tls, apiKey } = resolveExternal(
      profileFromEnvironment({ TEMPORAL_ADDRESS: address, TEMPORAL_API_KEY: "k" }),
    );
    assertEquals([tls?.client, apiKey !== null], [null, true]);
  });

  it("requires an address, and certificate and key together", () => {
    const cases: Record<string, unknown>[] = [{}, { address, clientCertPath: "/c" }, { address, clientKeyPath: "/k" }];
    for (const each of cases) {
      assertEquals(assertThrows(() => resolveExternal(profileOf(each)), LocalError).exitCode, 2);
    }
  });

  it("refuses both a path and a text for a value, and names both", () => {
    const env = {
      TEMPORAL_TLS_SERVER_CA_CERT_DATA: "CA",
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: "/ca",
      TEMPORAL_ADDRESS: address,
    };
    const error = assertThrows(() => resolveExternal(profileFromEnvironment(env)), LocalError);
    assertEquals(
      error.message,
      "$TEMPORAL_TLS_SERVER_CA_CERT_PATH and $TEMPORAL_TLS_SERVER_CA_CERT_DATA both set a CA certificate",
    );
  });
});

describe("externalEnvironment()", () => {
  it("sets variables for the same connection, and unsets all others", () => {
    const env = {
      TEMPORAL_TLS_CERT: "old.pem",
      TEMPORAL_TLS_KEY: "old.key",
      TEMPORAL_TLS_SERVER_NAME: "n",
      TEMPORAL_GRPC_META_X_TEAM: "blue",
      TEMPORAL_PROFILE: "cloud",
      TEMPORAL_CODEC_ENDPOINT: "http://localhost:1",
      HOME: "/home/me",
    };
    const profile = withAbsolutePaths(
      { ...profileFromEnvironment(env), ...profileOf({ address: "t:1" }) },
      (path) => `/src/${path}`,
    );
    const named = { apiKey: new Secret("key"), profile: { name: "other", path: null } };
    const change = externalEnvironment({ ...resolveExternal(profile), ...named }, env);
    assertEquals(change, {
      TEMPORAL_TLS_CERT: null,
      TEMPORAL_TLS_KEY: null,
      TEMPORAL_TLS_SERVER_NAME: "n",
      TEMPORAL_GRPC_META_X_TEAM: "blue",
      TEMPORAL_PROFILE: "other",
      TEMPORAL_ADDRESS: "t:1",
      TEMPORAL_NAMESPACE: "default",
      TEMPORAL_API_KEY: "key",
      TEMPORAL_TLS: "true",
      TEMPORAL_TLS_CLIENT_CERT_PATH: "/src/old.pem",
      TEMPORAL_TLS_CLIENT_KEY_PATH: "/src/old.key",
    });
    const set = Object.fromEntries(
      Object.entries(change).filter((entry): entry is [string, string] => entry[1] !== null),
    );
    assertEquals(externalEnvironment({ ...resolveExternal(profileFromEnvironment(set)), ...named }, env), change);
  });

  it("recognizes secret variables", () => {
    const names = ["TEMPORAL_API_KEY", "TEMPORAL_GRPC_META_A", "TEMPORAL_TLS_CLIENT_KEY_DATA"];
    assertEquals(names.every(isSecretVariable), true);
    assertEquals(["TEMPORAL_ADDRESS", "TEMPORAL_TLS_CLIENT_KEY_PATH"].some(isSecretVariable), false);
  });
});
