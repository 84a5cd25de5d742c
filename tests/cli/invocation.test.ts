import { describe, it } from "node:test";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { COMMANDS, flagsOf } from "../../lib/cli/command_specs.ts";
import { type Invocation, requestedByFlags } from "../../lib/cli/invocation.ts";
import type { RequestedSettings } from "../../lib/config/settings.ts";
import { LocalError } from "../../lib/errors/local_error.ts";
import { parseCommandLine } from "./parse_command_line.ts";

type Env = Record<string, string | undefined>;

function parse(line: string, env: Env = {}): Invocation {
  const args = line === "" ? [] : line.split(" ").map((arg) => arg === "''" ? "" : arg);
  return parseCommandLine(args, { env: { HOME: "/home/me", ...env }, cwd: "/cwd" });
}

/** The settings that a `start` command line requests. */
const asked = (line: string, env: Env = {}): RequestedSettings => parse(`start ${line}`, env).requested;

/** The values of the command's own flags. */
function own(line: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parse(line).commandOptions).filter(([, value]) => value !== undefined));
}

/** The message and the hint of a usage error. */
function refusal(line: string, env: Env = {}): { message: string; hint: string | undefined } {
  const error = assertThrows(() => parse(line, env), LocalError);
  assertEquals([error.code, error.exitCode], ["usage", 2], line);
  return { message: error.message, hint: error.hint };
}

describe("parseCommandLine()", () => {
  it("defaults to `start`", () => {
    for (const line of ["", "start", "--json", "-- --x", "--port 7300"]) {
      assertEquals(parse(line).command.name, "start", line);
    }
  });

  it("accepts every way to ask for help and for the version", () => {
    for (const line of ["help", "--help", "-h"]) assertEquals(parse(line).command.name, "help", line);
    for (const line of ["version", "--version", "-V", "--version --json"]) {
      assertEquals(parse(line).command.name, "version", line);
    }
    for (const line of ["stop --help", "stop -h", "-h stop", "--help stop"]) {
      assertEquals([parse(line).command.name, parse(line).help], ["stop", true], line);
    }
    assertEquals(parse("help start").operands, ["start"]);
  });

  it("accepts flags before the command", () => {
    for (
      const line of [
        "--home x status",
        "--home=x status",
        "status --home x",
        "--json --home x -q status",
        "--home x --port 7300 status",
      ]
    ) {
      assertEquals([parse(line).command.name, parse(line).home], ["status", "/cwd/x"], line);
    }
    for (const line of ["--timeout 5 stop", "-t 5 stop", "-t5 stop", "stop -t 5", "stop -t=5"]) {
      assertEquals([parse(line).command.name, own(line)], ["stop", { timeout: 5 }], line);
    }
    assertEquals(own("-n 5 logs"), { lines: 5 });
  });

  it("suggests the nearest command", () => {
    assertEquals(refusal("statsu"), {
      message: "Unknown command `statsu`",
      hint: "Did you mean `stigmer-local status`?",
    });
    assertEquals(refusal("deploy").hint, "See `stigmer-local help`");
    assertEquals(refusal("''").message, "Unknown command ``");
    assertEquals(refusal("--headless statsu").message, "Unknown command `statsu`");
  });

  it("does not read the value of a mistyped flag as a command", () => {
    assertEquals(refusal("--prot 7300 status"), {
      message: "Unknown flag `--prot` for `start`",
      hint: "Did you mean `--port`?",
    });
  });

  it("accepts at most one operand", () => {
    for (const line of ["help start stop", "completions bash stop", "backup a.db stop", "status stop"]) {
      assertEquals(refusal(line).message, `Unexpected argument \`stop\` for \`${line.split(" ")[0]}\``);
    }
  });

  it("takes any number of names for `logs`", () => {
    assertEquals(parse("logs -f api temporal").operands, ["api", "temporal"]);
    assertEquals(parse("logs").operands, []);
  });

  it("refuses to negate a flag, with a value or without", () => {
    for (const flag of ["--no-home", "--no-home=/x", "--no-json=1"]) {
      assertEquals(refusal(`status ${flag}`).message, `Unknown flag \`${flag.split("=")[0]}\` for \`status\``);
    }
  });

  it("suggests the nearest flag", () => {
    assertEquals(refusal("start --prot 7300"), {
      message: "Unknown flag `--prot` for `start`",
      hint: "Did you mean `--port`?",
    });
    assertEquals(refusal("logs --folow").hint, "Did you mean `--follow`?");
    assertEquals(refusal("status --force").message, "Unknown flag `--force` for `status`");
    for (const flag of ["-z", "-qz", "-5", "--__proto__", "--constructor", "--home.a", "---json", "--_"]) {
      assert(refusal(`start ${flag} 1`).message.startsWith("Unknown flag `-"), flag);
    }
  });

  it("refuses unexpected arguments", () => {
    assertEquals(refusal("start +extra").hint, "Put the arguments for Temporal after `--`");
    assertEquals(refusal("status start").message, "Unexpected argument `start` for `status`");
    for (const line of ["start -", "start ''", "-", "wait -t 5 x"]) {
      assert(refusal(line).message.startsWith("Unexpected argument"), line);
    }
  });
});

describe("parseCommandLine() on flags", () => {
  it("reads every way to write a value", () => {
    for (const line of ["--port 7300", "--port=7300", "-p 7300", "-p7300", "-p=7300", "-qp7300", "-qvp 7300"]) {
      assertEquals(asked(line), { port: 7300 }, line);
    }
    for (const line of ["-n5", "-n 5", "-n=5", "--lines 5", "--lines=5"]) {
      assertEquals(own(`logs ${line}`), { lines: 5 }, line);
    }
    for (const line of ["-f -n 5", "-fn5", "-fn 5", "-fn=5", "-n5 -f", "--follow --lines=5"]) {
      assertEquals(own(`logs ${line}`), { follow: true, lines: 5 }, line);
    }
    for (const line of ["-fdata/t.db", "-f data/t.db", "-f=data/t.db", "--db-filename ./data//t.db"]) {
      assertEquals(asked(line), { dbFilename: "/cwd/data/t.db" }, line);
    }
  });

  it("prefers the command's own letter to an instance flag's", () => {
    assertEquals(parse("logs -f -n 5").requested, {});
    assertEquals(parse("restart -n dev -f t.db").requested, { namespaces: ["dev"], dbFilename: "/cwd/t.db" });
  });

  it("takes the last value of a flag, and collects those of repeatable ones", () => {
    assertEquals(asked("--port 1 --port 2"), { port: 2 });
    assertEquals(asked("-n a -nb --namespace c --namespace=d"), { namespaces: ["a", "b", "c", "d"] });
    assertEquals(asked("--search-attribute A=Text --search-attribute B=Int --dynamic-config-value x=[1,2]"), {
      searchAttributes: ["A=Text", "B=Int"],
      dynamicConfig: ["x=[1,2]"],
    });
  });

  it("quotes its hint for a string in a dynamic config value for the shell, which would remove the quotes", () => {
    const message = (line: string, env = {}) => assertThrows(() => parse(line, env), LocalError).message;
    const wanted = "expected KEY=JSON, with strings in quotes ('foo=\"some text\"')";
    assertStringIncludes(message("start --dynamic-config-value foo=bar"), wanted);
    assertStringIncludes(message("start", { STIGMER_DYNAMIC_CONFIG: "foo=bar" }), wanted);
    assertEquals(asked(`--dynamic-config-value foo=[{"value":255,"constraints":{}}]`), { dynamicConfig: ["foo=255"] });
    assertStringIncludes(message(`start --dynamic-config-value foo=[{"value":1},{"value":2}]`), "expected one value");
  });

  it("takes --namespace of a command that only uses the instance as a selection among those declared elsewhere", () => {
    for (const command of ["run", "env", "status", "wait", "ui"]) {
      const line = command === "run" ? "run -n dev -- x" : `${command} -n dev`;
      assertEquals([parse(line).namespace, parse(line).requested], ["dev", {}], command);
      const declared = parse(line, { STIGMER_NAMESPACE: "orders,dev" });
      assertEquals([declared.namespace, declared.requested], ["dev", { namespaces: ["orders", "dev"] }], command);
      assertEquals(parse(line.replace(" -n dev", "")).namespace, null);
      assertEquals(
        refusal(line.replace("-n dev", "-n dev -n b")).message,
        `--namespace selects one namespace for \`${command}\``,
      );
    }
    for (const line of ["start -n dev", "run --ephemeral -n dev -- x", "env --address a:1 -n dev"]) {
      assertEquals([parse(line).namespace, parse(line).requested.namespaces], [null, ["dev"]], line);
    }
  });

  it("keeps text that looks like a number unchanged", () => {
    assertEquals(asked("-n 007 --namespace=1e3 --ip 0"), { namespaces: ["007", "1e3"], ip: "0" });
    assertEquals(parse("start --home 5").home, "/cwd/5");
  });

  it("reads a boolean flag with and without a value", () => {
    for (const line of ["--headless", "--headless=true", "--headless=1", "--headless=yes"]) {
      assertEquals(asked(line), { headless: true }, line);
    }
    for (const line of ["--headless=false", "--headless=0", "--headless=off", "--headless false"]) {
      assertEquals(asked(line), { headless: false }, line);
    }
    assertEquals(parse("start --no-wait").commandOptions["no-wait"], true);
    assertEquals(parse("start --no-wait=true").commandOptions["no-wait"], true);
    assertEquals(parse("start --no-wait=false").commandOptions["no-wait"], undefined);
    assertEquals(
      refusal("start --headless=maybe").message,
      "Invalid value `maybe` for --headless: expected true or false",
    );
    assertEquals(refusal("start --json=x").message, "Invalid value `x` for --json: expected true or false");
  });

  it("keeps operands that look like a number unchanged", () => {
    for (const name of ["007", "1e3", "0x10", "1.50", "backup"]) {
      assertEquals(parse(`backup ${name} --force`).operands, [name]);
      assertEquals(parse(`--force backup ${name}`).operands, [name]);
    }
  });

  it("refuses a flag without a value, and does not read the next flag as one", () => {
    for (
      const line of [
        "--home",
        "--home=",
        "--home ''",
        "--home --json",
        "--port",
        "--port --headless",
        "-n",
        "-n=",
        "--ip -- x",
        "--namespace=",
      ]
    ) {
      assert(refusal(`start ${line}`).message.includes(" requires a value: expected "), line);
    }
    assertEquals(refusal("stop -f").message, "--db-filename requires a value: expected FILE");
  });

  it("refuses numbers that are malformed or out of range", () => {
    for (const port of ["0", "65536", "-1", "1e3", "0x1c84", "7233.5", "abc", "٣"]) refusal(`start --port ${port}`);
    for (const count of ["1.5", "1e3", "x", "9007199254740993"]) refusal(`logs -n ${count}`);
    for (const seconds of ["5s", "1e9", "2000001", "Infinity"]) refusal(`stop --timeout ${seconds}`);
    assertEquals(own("stop --timeout 0"), { timeout: 0 });
    assertEquals(own("stop --timeout 1.5"), { timeout: 1.5 });
    assertEquals(own("logs -n 0"), { lines: 0 });
    assertEquals([parse("start --max-restarts 0").policy, parse("start").policy], [{ maxRestarts: 0 }, {}]);
  });

  it("refuses NUL characters, which other programs would truncate at", () => {
    for (const line of ["start --namespace a\0b", "start --home /a\0b", "start -- --log-level\0x"]) {
      assert(
        /^Invalid value `.*\\u0000.*` for --.*: expected text without a NUL character$/.test(refusal(line).message),
        refusal(line).message,
      );
    }
  });

  it("refuses conflicting ports", () => {
    refusal("start --port 7300 --ui-port 7300");
    assertEquals(refusal("start --port 65000").hint, "Set --ui-port or --headless");
    assertEquals(asked("--port 65000 --headless"), { port: 65_000, headless: true });
    assertEquals(asked("--port 65000 --ui-port 8000"), { port: 65_000, uiPort: 8000 });
  });
});

describe("parseCommandLine() on `--`", () => {
  it("passes the arguments after it unchanged", () => {
    assertEquals(asked("-- --x -y 5 -- --home zz -p1"), { extraArgs: ["--x", "-y", "5", "--", "--home", "zz", "-p1"] });
    assertEquals(parse("-- stop").command.name, "start");
    assertEquals(parse("-- stop").requested, { extraArgs: ["stop"] });
    assertEquals(parse("restart -- --metrics-port 9090").requested, { extraArgs: ["--metrics-port", "9090"] });
  });

  it("distinguishes an empty list from none", () => {
    assertEquals(asked("--"), { extraArgs: [] });
    assertEquals("extraArgs" in parse("start").requested, false);
  });

  it("keeps the command of `run` with its flags", () => {
    const { requested, operands, json } = parse("run --json -- npm test -- --port 1");
    assertEquals([requested, operands, json], [{}, ["npm", "test", "--", "--port", "1"], true]);
    assertEquals([parse("run").operands, parse("run --").operands], [[], []]);
    assertEquals(refusal("run npm test"), {
      message: "Unexpected argument `npm` for `run`",
      hint: "Put the command after `--`",
    });
  });

  it("passes on everything after `temporal`, and reads the flags before it", () => {
    const { command, home, json, namespace, operands, help } = parse(
      "--home /x --namespace orders temporal workflow list --home /y --json -- --help -q",
    );
    assertEquals([command.name, home, json, namespace, help], ["temporal", "/x", false, "orders", false]);
    assertEquals(operands, ["workflow", "list", "--home", "/y", "--json", "--", "--help", "-q"]);
    assertEquals(parse("temporal").operands, []);
    assertEquals(parse("temporal --help").operands, ["--help"]);
    assertEquals(parse("temporal status").operands, ["status"]);
    assertEquals(parse("--help temporal").help, true);
    assertEquals(refusal("--frobnicate temporal").message, "Unknown flag `--frobnicate` for `temporal`");
  });

  it("refuses arguments for a command that accepts none", () => {
    assertEquals(refusal("status -- a").message, "`status` accepts no arguments after `--`");
    parse("status --");
  });
});

describe("parseCommandLine() on the environment", () => {
  const env = {
    STIGMER_HOME: "/e",
    STIGMER_PORT: "7400",
    STIGMER_HEADLESS: "1",
    STIGMER_NAMESPACE: "a, b,",
    STIGMER_DB_FILENAME: "e.db",
  };

  it("applies without a flag", () => {
    const { home, requested } = parse("start", env);
    assertEquals(home, "/e");
    assertEquals(requested, { port: 7400, headless: true, namespaces: ["a", "b"], dbFilename: "/cwd/e.db" });
    assertEquals(parse("start", { STIGMER_TEMPORAL_BIN: "bin/temporal" }).temporalBin, "/cwd/bin/temporal");
  });

  it("is overridden by flags, also by --flag=false", () => {
    const { home, requested } = parse("start --home h --port 7300 --headless=false -n c -f f.db", env);
    assertEquals(home, "/cwd/h");
    assertEquals(requested, { port: 7300, headless: false, namespaces: ["c"], dbFilename: "/cwd/f.db" });
    assertEquals(requested.port, parse("start --port 7300", { STIGMER_PORT: "wrong" }).requested.port);
  });

  it("treats an empty variable as unset", () => {
    assertEquals(parse("start", Object.fromEntries(Object.keys(env).map((name) => [name, ""]))).requested, {});
    assertEquals(parse("start", { STIGMER_HOME: "" }).home, "/home/me/.stigmer");
  });

  it("names the variable with an invalid value", () => {
    assertEquals(
      refusal("start", { STIGMER_PORT: "abc" }).message,
      "Invalid value `abc` for $STIGMER_PORT: expected a port from 1 to 65535, or auto",
    );
    assertEquals(
      refusal("start", { STIGMER_HEADLESS: "maybe" }).message,
      "Invalid value `maybe` for $STIGMER_HEADLESS: expected true or false",
    );
  });

  it("finds the home, or fails without one", () => {
    assertEquals(parse("status").home, "/home/me/.stigmer");
    assertEquals(parse("status --home ~/x/../y/").home, "/home/me/y");
    assertEquals(parse("status --home .").home, "/cwd");
    for (const HOME of [undefined, "", "relative"]) {
      const error = assertThrows(() => parse("status", { HOME }), LocalError);
      assertEquals([error.code, error.exitCode], ["home-unusable", 1]);
      assertEquals(parse("status --home /x", { HOME }).home, "/x");
    }
  });

  it("shows stack traces when debugging", () => {
    assertEquals([parse("start").verbose, parse("start -v").verbose], [false, true]);
    assertEquals(parse("start", { STIGMER_LOG_LEVEL: "debug" }).verbose, true);
  });
});

describe("parseCommandLine() on the binary", () => {
  const binary = (line: string, env: Env = {}) => {
    const { temporalBin, temporalVersion } = parse(line, env);
    return [temporalBin, temporalVersion];
  };

  it("reads --version V as a managed binary, and --version alone as the command", () => {
    assertEquals(binary("start"), [null, null]);
    assertEquals(binary("start --home /h --version 1.4.1"), [null, "1.4.1"]);
    assertEquals(binary("--home /h --version=v1.4.1 restart"), [null, "1.4.1"]);
    assertEquals(parse("--version").command.name, "version");
    assert(refusal("start --version latest").message.includes("for --version: expected a version such as 1.8.2"));
    assertEquals(binary("install --version latest"), [null, null]);
    assert(refusal("install", { STIGMER_TEMPORAL_VERSION: "latest" }).message.includes("expected a version"));
    assert(refusal("start --version").message.startsWith("--version requires a value"));
  });

  it("prefers a flag to the environment, by path or by version", () => {
    const env = { STIGMER_TEMPORAL_BIN: "/b/temporal", STIGMER_TEMPORAL_VERSION: "1.4.0" };
    assertEquals(binary("start", env), ["/b/temporal", null]);
    assertEquals(binary("start --home /h --version 1.4.1", env), [null, "1.4.1"]);
    assertEquals(binary("start --temporal-bin /c", env), ["/c", null]);
    assertEquals(binary("start --home /h", { STIGMER_TEMPORAL_VERSION: "1.4.0" })[1], "1.4.0");
    assertEquals(binary("status", { STIGMER_TEMPORAL_VERSION: "1.4.0" }), [null, null]);
    assert(refusal("start --version 1.4.1 --temporal-bin /c").message.includes("both select a binary"));
  });
});

describe("parseCommandLine() on anything", () => {
  const words = [
    ...COMMANDS.map(({ name }) => name),
    ...COMMANDS.flatMap((command) => flagsOf(command)).flatMap((
      { name, alias },
    ) => [`--${name}`, `--${name}=1`, `-${alias ?? name[0]}`]),
    ...["--", "-", "7300", "true", "false", "--no-json", "-n5", "-qv"],
  ];
  const anyArgs = fc.array(
    fc.oneof(
      fc.constantFrom(...words),
      fc.string(),
      fc.string().map((text) => `--${text}`),
      fc.string().map((text) => `-${text}`),
    ),
  );

  it("returns an invocation or fails with a usage error", () => {
    fc.assert(
      fc.property(anyArgs, (args) => {
        try {
          const { home } = parseCommandLine(args, { env: { HOME: "/home/me" }, cwd: "/cwd" });
          assert(home.startsWith("/"));
        } catch (error) {
          if (!(error instanceof LocalError)) throw error;
          assertEquals(error.exitCode, 2);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("reads a short flag like its long one", () => {
    for (const command of COMMANDS.filter(({ passesOn }) => passesOn !== true)) {
      for (const { name, alias, kind } of flagsOf(command)) {
        if (alias === undefined) continue;
        const value = kind === "boolean" ? "" : kind === "text" || kind === "texts" ? " some" : " 7";
        assertEquals(
          parse(`${command.name} -${alias}${value}`),
          parse(`${command.name} --${name}${value}`),
          `${command.name} -${alias}`,
        );
      }
    }
  });
});

describe("requestedByFlags()", () => {
  it("ignores the environment, and nothing else", () => {
    const env = { STIGMER_PORT: "7300", STIGMER_IP: "127.0.0.2", STIGMER_TEMPORAL_BIN: "/env/temporal" };
    const none = { requested: {}, policy: {}, temporalBin: null };
    assertEquals(requestedByFlags(parse("reset --yes", env)), none);
    const requested = requestedByFlags(parse("reset --port 7400 --max-restarts 2 --temporal-bin bin/temporal", env));
    assertEquals(requested, {
      requested: { port: 7400 },
      policy: { maxRestarts: 2 },
      temporalBin: "/cwd/bin/temporal",
    });
  });
});
