import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { DoctorReport } from "../../lib/doctor/findings.ts";
import type { Failure } from "../../lib/errors/failure.ts";
import type { Status } from "../../lib/instance/status/status.ts";
import { freePorts } from "../free_ports.ts";
import { launch, ownTool, type Running, temporalBinary, until } from "./support.ts";
import {
  API_KEY,
  type ForeignTemporal,
  noOpenssl,
  SERVER_NAME,
  startForeignTemporal,
  startProxy,
} from "./support_external.ts";

type Variables = Record<string, string | undefined>;

let foreign: ForeignTemporal;
let home: string;

/** Runs the tool on its own home, without the profiles of the user who runs the tests. */
function tool(args: readonly string[], env: Variables = {}): Running {
  const [command, ...rest] = args;
  return launch(ownTool(command!, "--home", home, ...rest), {
    env: { STIGMER_TEMPORAL_BIN: undefined, XDG_CONFIG_HOME: join(foreign.folder, "no-config"), ...env },
  });
}

/** `start` and `status` of the same unusable Temporal. */
async function refusal(args: readonly string[], env: Variables = {}) {
  const [started, seen] = await Promise.all(
    ["start", "status"].map((command) => tool([command, "--json", ...args], env).ended),
  );
  const { error } = JSON.parse(started!.stdout) as { error: Failure };
  return { exits: [started!.code, seen!.code], error, status: JSON.parse(seen!.stdout) as Status };
}

/** The TLS flags for the proxies, with the named client certificate, if any. */
function tls(client?: string, { ca = "ca", name = SERVER_NAME } = {}): string[] {
  const own = client === undefined
    ? []
    : ["--tls-cert-path", foreign.pem(`${client}.pem`), "--tls-key-path", foreign.pem(`${client}.key`)];
  return ["--tls-ca-path", foreign.pem(`${ca}.pem`), "--tls-server-name", name, ...own];
}

const LIST = ["workflow", "list", "--output", "json"];

describe("an external Temporal", { skip: noOpenssl }, () => {
  before(async () => {
    foreign = await startForeignTemporal();
    home = join(foreign.folder, "home");
  });
  after(() => foreign.end());

  it("is verified by start, reported layer by layer, and not changed", async () => {
    const args = ["--address", foreign.mutualTls, ...tls("client"), "--json"];
    const started = await tool(["start", ...args]).ended;
    const seen = await tool(["status", ...args]).ended;
    const waited = await tool(["wait", ...args]).ended;
    assertEquals([started.code, seen.code, waited.code], [0, 0, 0], started.stdout + seen.stdout + waited.stdout);
    const { checks, external, ...status } = JSON.parse(seen.stdout) as Status;
    assertEquals(checks.map(({ name, ok }) => [name, ok]), [
      ["port", true],
      ["tls", true],
      ["server", true],
      ["grpc", true],
      ["namespace", true],
    ]);
    assertEquals(status, {
      schema: 1,
      state: "running",
      healthy: true,
      managed: false,
      address: foreign.mutualTls,
      uiUrl: null,
      namespace: "default",
      temporal: null,
      supervisor: null,
      restarts: 0,
      lastExit: null,
      paths: { home, database: null, log: null, project: null },
    });
    assertMatch(external?.serverVersion ?? "", /^\d+\.\d+\.\d+/);
    assertEquals([external?.tls, external?.clientCertificate, external?.apiKey], [true, true, false]);
    assertEquals((JSON.parse(started.stdout) as Status).reused, true);
    assert(!existsSync(home), "a home was made for a Temporal that is not ours");
  });

  it("reports each TLS problem with its own message", async () => {
    const { mutualTls, address } = foreign;
    const cases: [words: RegExp, address: string, flags: string[]][] = [
      [/^The certificate of .* is signed by an unknown authority/, mutualTls, tls("client", { ca: "other-ca" })],
      [/^The certificate of .* is not valid for other\.test/, mutualTls, tls("client", { name: "other.test" })],
      [/client certificate|right after it/, mutualTls, tls()],
      [/rejected the client certificate, which expired at \d{4}-/, mutualTls, tls("expired")],
      [/rejected the client certificate|right after it/, mutualTls, tls("stranger")],
      [/ does not speak TLS/, address, tls("client")],
    ];
    for (const [words, at, flags] of cases) {
      const { exits, error, status } = await refusal(["--address", at, ...flags]);
      assertEquals([exits, error.code, status.state, status.healthy], [[1, 4], "tls-failed", "unknown", false]);
      assertMatch(error.message, words);
      assertMatch(status.failure?.message ?? "", words); // a refusal may arrive as such, or as a closed connection
      assert((error.hint ?? "").length > 0, "no hint");
      assertEquals(status.checks.map(({ name, ok }) => [name, ok]), [["port", true], ["tls", false]]);
    }
  });

  it("reports a missing listener, a server that is not Temporal, and a missing namespace", async () => {
    const { port } = await freePorts();
    const nobody = await refusal(["--address", `127.0.0.1:${port}`]);
    assertEquals([nobody.exits, nobody.error.code, nobody.status.state], [[1, 4], "unreachable", "unknown"]);
    assertStringIncludes(nobody.error.message, "Connection to 127.0.0.1:");

    const silent = createServer().listen(port, "127.0.0.1");
    try {
      const asked = await tool(["start", "--json", "--timeout", "1", "--address", `127.0.0.1:${port}`]).ended;
      const { error } = JSON.parse(asked.stdout) as { error: Failure };
      assertEquals([asked.code, error.code], [1, "unreachable"]);
      assertStringIncludes(error.message, "accepted the connection but does not respond");
      assertStringIncludes(error.hint ?? "", "Check that the address (from --address)");
    } finally {
      silent.close();
    }

    const unknownHost = await refusal(["--address", "nobody.invalid:7233"]);
    assertEquals([unknownHost.exits, unknownHost.error.code], [[1, 4], "unreachable"]);

    const plain = await refusal(["--address", foreign.mutualTls]);
    assertEquals([plain.exits, plain.error.code, plain.status.state], [[1, 4], "not-temporal", "unknown"]);
    assertStringIncludes(plain.error.hint ?? "", "--tls");

    const missing = await refusal(["--address", foreign.address, "--namespace", "orders"]);
    assertEquals([missing.exits, missing.error.code, missing.status.state], [[1, 4], "namespace-missing", "unhealthy"]);
    assertEquals(missing.error.facts, { address: foreign.address, namespace: "orders" });
  });

  it("gets an API key from the environment, a file or a profile", async () => {
    const file = join(foreign.folder, "api-key");
    writeFileSync(file, `${API_KEY}\n`, { mode: 0o600 });
    const toml = join(foreign.folder, "temporal.toml");
    const profile = `[profile.cloud]\naddress = "${foreign.keyed}"\napi_key = "${API_KEY}"\n` +
      `[profile.cloud.tls]\nserver_name = "${SERVER_NAME}"\nserver_ca_cert_path = "${foreign.pem("ca.pem")}"\n`;
    writeFileSync(toml, profile, { mode: 0o600 });
    const at = ["--address", foreign.keyed, ...tls()];
    const ways: [args: string[], env: Variables, from: [string, string]][] = [
      [at, { TEMPORAL_API_KEY: API_KEY }, ["apiKey", "$TEMPORAL_API_KEY"]],
      [[...at, "--api-key-file", file], { TEMPORAL_API_KEY: "another" }, ["apiKeyFile", "--api-key-file"]],
      [["--profile", "cloud"], { TEMPORAL_CONFIG_FILE: toml }, ["apiKey", `profile cloud in ${toml}`]],
      [["--managed=false", "--config-file", toml], { TEMPORAL_PROFILE: "cloud" }, [
        "address",
        `profile cloud in ${toml}`,
      ]],
    ];
    for (const [args, env, [key, from]] of ways) {
      const { code, stdout } = await tool(["status", "--json", ...args], env).ended;
      const { external, healthy } = JSON.parse(stdout) as Status;
      assertEquals([code, healthy, external?.apiKey, external?.from[key]], [0, true, true, from], stdout);
    }

    const none = await refusal(at);
    assertEquals([none.exits, none.error.code, none.status.state], [[1, 4], "not-authorized", "unhealthy"]);
    assertStringIncludes(none.error.hint ?? "", "$TEMPORAL_API_KEY");
    const waited = await tool(["wait", "--json", ...at]).ended;
    assertEquals([waited.code, JSON.parse(waited.stdout).error.code], [1, "not-authorized"], "it waited for nothing");
  });

  it("leaks no secret into output, errors, files or the process list", async () => {
    const wrong = "wrong-key.t0p-s3cr3t";
    const key = join(foreign.folder, "wrong-key");
    writeFileSync(key, wrong);
    const broken = join(foreign.folder, "broken.toml");
    writeFileSync(broken, `[profile.default]\napi_key = "${wrong}\n`);
    const at = ["--address", foreign.keyedPlain, "--tls=false"];
    const outputs: string[] = [];
    const runs: [args: string[], env?: Variables][] = [
      ...["start", "status", "wait", "doctor", "run"].map((each): [string[]] => [[each, "--api-key-file", key]]),
      ...["start", "status", "doctor"].map((each): [string[]] => [[each, "--json", "--api-key-file", key]]),
      [["start", "--api-key", wrong]],
      [["start", `--api-key=${wrong}`, "--json"]],
      [["status", "--config-file", broken], { TEMPORAL_API_KEY: wrong }],
      [["status", "--json", "--config-file", broken]],
    ];
    await Promise.all(runs.map(async ([args, env]) => {
      const rest = args[0] === "run" ? ["--", "true"] : [];
      const { code, stdout, stderr } = await tool([...args, "--verbose", ...at, ...rest], env).ended;
      assert(code !== 0, `${args} succeeded`);
      outputs.push(stdout, stderr);
    }));
    const said = outputs.join("");
    assertStringIncludes(said, "invalid token 'Bearer ***'"); // the proxy repeats the key
    assertStringIncludes(said, `${broken}:2:`);
    assert(!said.includes(wrong), "a secret was printed");
    assertMatch(said, /'Bearer \*\*\*' \]0;owned next 2J/);
    assertEquals(said.match(/[^\n\P{Cc}]/gu), null, "a server's escape sequence reaches the terminal");

    const go = join(foreign.folder, "go");
    const script = 'test "$TEMPORAL_API_KEY" = "$1" && echo shown; while ! test -e "$2"; do sleep 0.1; done';
    const secret = join(foreign.folder, "api-key-of-run");
    writeFileSync(secret, API_KEY, { mode: 0o600 });
    const digest = "x".repeat(API_KEY.length);
    const running = tool(["run", ...at, "--api-key-file", secret, "--", "sh", "-c", script, "sh", digest, go]);
    await until(
      "the command runs",
      () => spawnSync("ps", ["-A", "-o", "args="], { encoding: "utf8" }).stdout.includes(go),
    );
    const processes = spawnSync("ps", ["-A", "-ww", "-o", "args="], { encoding: "utf8" }).stdout;
    writeFileSync(go, "");
    assertEquals((await running.ended).code, 0);
    const proxies = processes.split("\n").filter((line) => line.includes(API_KEY) && !line.includes("guarded_proxy"));
    assertEquals(proxies, []);
    assertEquals(filesWith(home, [wrong, API_KEY]), []);
  });

  it("is passed on by run, and replaces other connections in the environment", async () => {
    const stray = {
      TEMPORAL_TLS_CA: "/nowhere/ca.pem",
      TEMPORAL_TLS_CERT_DATA: "no certificate",
      TEMPORAL_ENV: "other",
    };
    const at = ["--address", foreign.mutualTls, ...tls("client")];
    const listed = await tool(["run", ...at, "--", temporalBinary(), ...LIST], { TEMPORAL_ENV: "other" }).ended;
    assertEquals([listed.code, JSON.parse(listed.stdout)], [0, []], listed.stderr);

    const conflicting = await tool(["run", ...at, "--", temporalBinary(), ...LIST], stray).ended;
    assertEquals(conflicting.code, 2, conflicting.stderr);
    assertStringIncludes(conflicting.stderr, "$TEMPORAL_TLS_CERT_DATA");

    const former = { TEMPORAL_TLS_CA: "/nowhere/ca.pem" };
    const overruled = await tool(["run", ...at, "--", temporalBinary(), ...LIST], former).ended;
    assertEquals([overruled.code, JSON.parse(overruled.stdout)], [0, []], overruled.stderr);

    const config = join(foreign.folder, "two-profiles", "temporalio");
    mkdirSync(config, { recursive: true });
    writeFileSync(
      join(config, "temporal.toml"),
      '[profile.default.tls]\nclient_cert_path = "/nowhere"\nclient_key_path = "/nowhere"\n' +
        `[profile.keyed]\naddress = "${foreign.keyed}"\napi_key = "${API_KEY}"\n` +
        `[profile.keyed.tls]\nserver_name = "${SERVER_NAME}"\nserver_ca_cert_path = "${foreign.pem("ca.pem")}"\n`,
    );
    const profiled = await tool(["run", "--profile", "keyed", "--", temporalBinary(), ...LIST], {
      XDG_CONFIG_HOME: dirname(config),
    }).ended;
    assertEquals([profiled.code, profiled.stdout.trim()], [0, "[\n]"], profiled.stderr);

    assertEquals((await tool(["run", ...at, "--", "sh", "-c", "exit 7"]).ended).code, 7);
    const unreachable = await tool(["run", "--address", "127.0.0.1:1", "--", "touch", join(home, "ran")]).ended;
    assertEquals([unreachable.code, existsSync(join(home, "ran"))], [1, false]);
  });

  it("is passed on by env to the shell that evaluates it", async () => {
    const secret = join(foreign.folder, "api-key-of-env");
    writeFileSync(secret, API_KEY, { mode: 0o600 });
    const args = ["--address", foreign.keyed, ...tls(), "--api-key-file", secret];
    const script = 'eval "$("$@")" && exec "$TEMPORAL" workflow list --output json';
    const env = { TEMPORAL: temporalBinary(), SHELL: "/bin/sh", TEMPORAL_TLS_CERT: "/nowhere/client.pem" };
    // A certificate without its key is refused, so the stray one must be replaced as a whole.
    const lonely = await tool(["env", ...args], env).ended;
    assertEquals(lonely.code, 2, lonely.stdout);

    const command = ownTool("env", "--home", home, ...args);
    const evaluated = await launch(["sh", "-c", script, "sh", ...command], {
      env: { ...env, TEMPORAL_TLS_CERT: undefined },
    }).ended;
    assertEquals([evaluated.code, JSON.parse(evaluated.stdout)], [0, []], evaluated.stderr);

    const json = await tool(["env", "--json", ...args], { TEMPORAL_GRPC_META_X_TEAM: "blue", TEMPORAL_NAMESPACE: "" })
      .ended;
    assertEquals(JSON.parse(json.stdout), {
      TEMPORAL_ADDRESS: foreign.keyed,
      TEMPORAL_NAMESPACE: "default",
      TEMPORAL_API_KEY: API_KEY,
      TEMPORAL_TLS: "true",
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: foreign.pem("ca.pem"),
      TEMPORAL_TLS_SERVER_NAME: SERVER_NAME,
      TEMPORAL_GRPC_META_X_TEAM: "blue",
    });
  });

  it("is selected in config.yaml, and Temporal's own configuration fills in missing values", async () => {
    const file = join(home, "config.yaml");
    mkdirSync(home, { recursive: true, mode: 0o700 });
    writeFileSync(
      file,
      `backend:\n  local:\n    temporal:\n      managed: false\n      address: ${foreign.mutualTls}\n` +
        `      tls_ca_path: ../ca.pem\n      tls_server_name: ${SERVER_NAME}\n`,
    );
    const env = {
      TEMPORAL_ADDRESS: "127.0.0.1:1",
      TEMPORAL_TLS_CLIENT_CERT_PATH: foreign.pem("client.pem"),
      TEMPORAL_TLS_CLIENT_KEY_PATH: foreign.pem("client.key"),
    };
    const { code, stdout } = await tool(["status", "--json"], env).ended;
    const { external } = JSON.parse(stdout) as Status;
    assertEquals([code, external?.from["address"]], [0, `${file}:5: address`], stdout);
    assertEquals(external?.from["clientCertPath"], "$TEMPORAL_TLS_CLIENT_CERT_PATH");

    // A flag still selects the Temporal of this home.
    const ours = await tool(["status", "--json", "--managed"], env).ended;
    assertEquals([ours.code, JSON.parse(ours.stdout).managed], [3, true], ours.stdout);
    writeFileSync(file, "");
  });

  it("is not stopped or restarted, and its data is not changed", async () => {
    const commands = [["stop"], ["restart"], ["reset", "--yes"], ["backup", "x.db"], ["restore", "x.db"], ["logs"]];
    await Promise.all(commands.map(async (command) => {
      const { code, stdout } = await tool([...command, "--json", "--address", foreign.address]).ended;
      const { error } = JSON.parse(stdout) as { error: Failure };
      assertEquals([code, error.code], [1, "not-ours"], stdout);
      assertStringIncludes(error.message, `\`${command[0]}\` cannot be used with an external Temporal`);
    }));
    assertEquals((await tool(["stop", "--managed"], { STIGMER_ADDRESS: foreign.address }).ended).code, 0);
    for (const given of [["--port", "7300"], ["--http-port", "7300"], ["--", "--log-format", "json"]]) {
      const { code, stderr } = await tool(["start", "--address", foreign.address, ...given]).ended;
      const error = `error: ${given[0]} cannot be used with an external Temporal`;
      assertEquals([code, stderr.split("\n")[0]], [2, error]);
    }
    assertEquals((await tool(["status", "--address", foreign.address]).ended).code, 0);
  });

  it("is waited for until it is ready, or until the timeout", async () => {
    const { port } = await freePorts();
    const at = ["--address", `127.0.0.1:${port}`];
    const late = await tool(["wait", "--json", "--timeout", "1", ...at]).ended;
    const { error } = JSON.parse(late.stdout) as { error: Failure };
    assertEquals([late.code, error.code, error.facts?.["why"]], [1, "timeout", "unreachable"]);

    const waiting = tool(["wait", ...at]);
    await until("it waits", () => waiting.stderr().includes("Waiting: Connection to 127.0.0.1:"));
    const proxy = await startProxy({ port, upstream: foreign.port });
    try {
      const { code, stdout } = await waiting.ended;
      assertEquals([code, stdout.includes(`127.0.0.1:${port}`)], [0, true], stdout);
    } finally {
      await proxy.end();
    }
  });

  it("is checked by doctor, with a fix for each failure", async () => {
    const good = await tool(["doctor", "--json", "--address", foreign.mutualTls, ...tls("client")]).ended;
    const report = JSON.parse(good.stdout) as DoctorReport;
    assertEquals([good.code, report.ok], [0, true], good.stdout);
    const stateOf = ({ checks }: DoctorReport, name: string) => checks.find((check) => check.name === name)?.state;
    // It is valid for one day.
    assertEquals([stateOf(report, "certificate"), stateOf(report, "namespace")], ["warn", "ok"]);

    const key = join(foreign.folder, "open-key");
    writeFileSync(key, API_KEY);
    chmodSync(key, 0o644);
    const bad = await tool(["doctor", "--json", "--address", foreign.keyed, ...tls("expired"), "--api-key-file", key])
      .ended;
    const ill = JSON.parse(bad.stdout) as DoctorReport;
    assertEquals([bad.code, stateOf(ill, "certificate"), stateOf(ill, "secrets")], [1, "fail", "warn"], bad.stdout);
    const nobody = await tool(["doctor", "--json", "--address", "127.0.0.1:1"]).ended;
    const checks = (JSON.parse(nobody.stdout) as DoctorReport).checks.filter(({ state }) => state === "fail");
    assertEquals([nobody.code, checks.map(({ name }) => name), checks[0]?.remedy !== undefined], [1, ["port"], true]);
  });

  it("reports missing and invalid settings before any connection", async () => {
    const missing = join(foreign.folder, "missing.pem");
    const cases: [args: string[], env: Variables, words: RegExp][] = [
      [["--managed=false"], {}, /^Missing address/],
      [
        ["--address", foreign.keyed, "--tls-ca-path", missing],
        {},
        /^Cannot read the CA certificate .*missing\.pem: no such file/,
      ],
      [["--address", foreign.keyed, "--tls-ca-path", foreign.pem("ca.key")], {}, /does not contain a CA certificate/],
      [
        ["--address", foreign.keyed, "--tls-cert-path", foreign.pem("client.pem")],
        {},
        /^The client certificate was given without a client key/,
      ],
      [
        ["--address", foreign.keyed, ...tls("client").slice(0, -1), foreign.pem("expired.key")],
        {},
        /^The client key \/.* does not match the client certificate \//,
      ],
      [["--profile", "nope"], {}, /^Cannot read .* \(ENOENT\)/],
      [["--address", foreign.keyed], { TEMPORAL_API_KEY: "two words" }, /does not contain an API key/],
    ];
    await Promise.all(cases.map(async ([args, env, words]) => {
      const { code, stdout } = await tool(["start", "--json", ...args], env).ended;
      const { error } = JSON.parse(stdout) as { error: Failure };
      assertEquals([code, error.code], [2, "usage"], stdout);
      assertMatch(error.message, words);
    }));
  });
});

/** The files under `folder` that contain one of `texts`. */
function filesWith(folder: string, texts: readonly string[]): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? dirname(folder), entry.name))
    .filter((path) => texts.some((text) => readFileSync(path, "utf8").includes(text)));
}
