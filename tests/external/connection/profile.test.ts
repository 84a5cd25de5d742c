import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { withoutConnection } from "../../../lib/environment/client_environment.ts";
import { defaultConfigFile } from "../../../lib/environment/temporal_toml_path.ts";
import { LocalError } from "../../../lib/errors/local_error.ts";
import {
  type ClientProfile,
  mergeProfiles,
  profileFromEnvironment,
  profileFromToml,
} from "../../../lib/external/connection/profile.ts";
import { Secret } from "../../../lib/external/connection/secret.ts";

/** The values without their sources, secrets revealed. */
function plain(profile: ClientProfile): Record<string, unknown> {
  const reveal = (value: unknown) => value instanceof Secret ? value.reveal() : value;
  const { grpcMeta, ...rest } = profile;
  return {
    ...Object.fromEntries(Object.entries(rest).map(([key, said]) => [key, reveal((said as { value: unknown }).value)])),
    ...(grpcMeta === undefined
      ? {}
      : { grpcMeta: Object.fromEntries(Object.entries(grpcMeta).map(([key, { value }]) => [key, reveal(value)])) }),
  };
}

/** A value for each connection variable of Temporal's tools. */
const EVERY_VARIABLE = {
  TEMPORAL_ADDRESS: "t.example:7233",
  TEMPORAL_NAMESPACE: "orders",
  TEMPORAL_API_KEY: "key",
  TEMPORAL_TLS: "true",
  TEMPORAL_TLS_CLIENT_CERT_PATH: "c.pem",
  TEMPORAL_TLS_CLIENT_CERT_DATA: "C",
  TEMPORAL_TLS_CLIENT_KEY_PATH: "k.pem",
  TEMPORAL_TLS_CLIENT_KEY_DATA: "K",
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: "ca.pem",
  TEMPORAL_TLS_SERVER_CA_CERT_DATA: "CA",
  TEMPORAL_TLS_SERVER_NAME: "t",
  TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: "0",
  TEMPORAL_GRPC_META_X_TEAM: "blue",
};
const EVERY_VALUE = {
  address: "t.example:7233",
  namespace: "orders",
  apiKey: "key",
  tls: true,
  clientCertPath: "c.pem",
  clientCertData: "C",
  clientKeyPath: "k.pem",
  clientKeyData: "K",
  serverCaPath: "ca.pem",
  serverCaData: "CA",
  serverName: "t",
  disableHostVerification: false,
  grpcMeta: { "x-team": "blue" },
};

describe("profileFromEnvironment()", () => {
  it("reads every variable of Temporal's client configuration", () => {
    assertEquals(plain(profileFromEnvironment(EVERY_VARIABLE)), EVERY_VALUE);
    assertEquals(Object.keys(withoutConnection(EVERY_VARIABLE)), Object.keys(EVERY_VARIABLE));
  });

  it("ignores an empty variable, but unsets metadata with one", () => {
    assertEquals(profileFromEnvironment({ TEMPORAL_ADDRESS: "", TEMPORAL_TLS: "" }), {});
    assertEquals(plain(profileFromEnvironment({ TEMPORAL_GRPC_META_A: "" })), { grpcMeta: { a: null } });
  });

  it("prefers the former names, as Temporal's CLI does", () => {
    const profile = profileFromEnvironment({ TEMPORAL_TLS_CA: "old.pem", TEMPORAL_TLS_SERVER_CA_CERT_PATH: "new.pem" });
    assertEquals(profile.serverCaPath, { value: "old.pem", from: "$TEMPORAL_TLS_CA" });
  });

  it("refuses an invalid boolean", () => {
    const error = assertThrows(() => profileFromEnvironment({ TEMPORAL_TLS: "maybe" }), LocalError);
    assertEquals([error.code, error.message], [
      "usage",
      "Invalid value `maybe` for $TEMPORAL_TLS: expected true or false",
    ]);
  });
});

describe("profileFromToml()", () => {
  const tls = {
    disabled: false,
    client_cert_path: "c.pem",
    client_cert_data: "C",
    client_key_path: "k.pem",
    client_key_data: "K",
    server_ca_cert_path: "ca.pem",
    server_ca_cert_data: "CA",
    server_name: "t",
    disable_host_verification: false,
  };
  const document = {
    profile: {
      cloud: {
        address: "t.example:7233",
        namespace: "orders",
        api_key: "key",
        tls,
        codec: { endpoint: "http://localhost:1" },
        grpc_meta: { X_Team: "blue" },
      },
      plain: { address: "localhost:7233" },
      off: { tls: { disabled: true } },
      bare: { tls: {} },
    },
  };

  it("reads every key of a profile, and ignores those not about the connection", () => {
    const profile = profileFromToml(document, "cloud", "t.toml")!;
    assertEquals(plain(profile), EVERY_VALUE);
    assertEquals(profile.address?.from, "profile cloud in t.toml");
  });

  it("turns TLS on if there is a `tls` table, unless it says `disabled`", () => {
    assertEquals(plain(profileFromToml(document, "plain", "t.toml")!), { address: "localhost:7233" });
    assertEquals(plain(profileFromToml(document, "bare", "t.toml")!), { tls: true });
    assertEquals(plain(profileFromToml(document, "off", "t.toml")!), { tls: false });
  });

  it("is null for a missing profile", () => {
    assertEquals(profileFromToml(document, "none", "t.toml"), null);
    assertEquals(profileFromToml({}, "default", "t.toml"), null);
  });

  it("refuses values of the wrong type without repeating them", () => {
    for (const profile of [{ api_key: 5 }, { tls: { disabled: "no" } }, { tls: [] }, { grpc_meta: { a: 1 } }, "text"]) {
      const error = assertThrows(() => profileFromToml({ profile: { p: profile } }, "p", "t.toml"), LocalError);
      assertEquals([error.code, /: expected (a string|a table|true or false)$/.test(error.message)], ["usage", true]);
    }
  });
});

describe("mergeProfiles()", () => {
  it("prefers the first profile, value by value, including metadata", () => {
    const merged = mergeProfiles(
      { address: { value: "a:1", from: "flag" } },
      profileFromEnvironment({ TEMPORAL_ADDRESS: "b:2", TEMPORAL_NAMESPACE: "orders", TEMPORAL_GRPC_META_A: "" }),
      profileFromToml({ profile: { p: { namespace: "n", api_key: "k", grpc_meta: { a: "1", b: "2" } } } }, "p", "t")!,
    );
    assertEquals(plain(merged), { address: "a:1", namespace: "orders", apiKey: "k", grpcMeta: { a: null, b: "2" } });
  });
});

describe("defaultConfigFile()", () => {
  it("is in os.UserConfigDir of Go", () => {
    assertEquals(defaultConfigFile({ HOME: "/h" }, "linux"), "/h/.config/temporalio/temporal.toml");
    assertEquals(defaultConfigFile({ HOME: "/h", XDG_CONFIG_HOME: "/x" }, "linux"), "/x/temporalio/temporal.toml");
    const mac = "/h/Library/Application Support/temporalio/temporal.toml";
    assertEquals(defaultConfigFile({ HOME: "/h", XDG_CONFIG_HOME: "/x" }, "darwin"), mac);
    assertEquals(defaultConfigFile({}, "linux"), null);
  });
});
