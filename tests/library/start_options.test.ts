import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { OUTPUT_FLAGS } from "../../lib/cli/command_spec.ts";
import { COMMANDS, settingsOf } from "../../lib/cli/command_specs.ts";
import { CONNECTION_FLAGS } from "../../lib/config/flags/connection_flags.ts";
import { invocationOf } from "../../lib/cli/invocation.ts";
import { LocalError } from "../../lib/errors/local_error.ts";
import { commandLineOf, OPTION_FLAGS, type StartOptions } from "../../lib/library/start_options.ts";

const START = COMMANDS.find(({ name }) => name === "start")!;

/** What `start` takes and the library does not: how a command waits and prints, and external Temporals. */
const NOT_OPTIONS = [
  ...["no-wait", "foreground", "timeout", "extra-args", "no-project"],
  ...[...OUTPUT_FLAGS, ...CONNECTION_FLAGS].map(({ name }) => name),
];

const invocation = (options: StartOptions) =>
  invocationOf(commandLineOf(options), { env: { HOME: "/home/me" }, cwd: "/cwd" }, []);

describe("the options of the library", () => {
  it("are every setting of `start`, each under its name in camel case or its plural", () => {
    const settings = settingsOf(START).map(({ name }) => name).filter((name) => !NOT_OPTIONS.includes(name));
    assertEquals(Object.values<string>(OPTION_FLAGS).sort(), settings.sort());
    for (const [option, flag] of Object.entries(OPTION_FLAGS)) {
      const name = flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/Value$/, "");
      assertEquals([name, `${name}s`].includes(option), true, `${option} for --${flag}`);
    }
  });

  it("set what the flag of that name sets, with the same checks", () => {
    const { requested, policy } = invocation({
      ...{ uiPublicPath: "/t", uiAssetPath: "assets", uiCodecEndpoint: "http://127.0.0.1:1", uiDisableNewsFetch: true },
      ...{ httpPort: 7243, metricsPort: 9090, sqlitePragmas: ["synchronous=1"], logConfig: true },
      ...{
        restartWindow: "5m",
        restartMaxDelay: 10,
        restartMinUptime: "500ms",
        healthInterval: 2,
        healthTimeout: "1s",
      },
      ...{
        healthFailures: 4,
        launchTimeout: "2m",
        logMaxSize: "1MB",
        logMaxAge: "1d",
        logMaxTotal: 8192,
        maxRestarts: 1,
      },
    });
    assertEquals(requested, {
      ...{ uiPublicPath: "/t", uiAssetPath: "/cwd/assets", uiCodecEndpoint: "http://127.0.0.1:1" },
      ...{
        uiDisableNewsFetch: true,
        httpPort: 7243,
        metricsPort: 9090,
        sqlitePragmas: ["synchronous=1"],
        logConfig: true,
      },
    });
    assertEquals(policy, {
      ...{ restartWindowS: 300, restartMaxDelayS: 10, restartMinUptimeS: 0.5, healthIntervalS: 2, healthTimeoutS: 1 },
      ...{
        healthFailures: 4,
        launchTimeoutS: 120,
        logMaxSizeBytes: 2 ** 20,
        logMaxAgeS: 86_400,
        logMaxTotalBytes: 8192,
      },
      ...{ maxRestarts: 1 },
    });
    const wrong: StartOptions[] = [{ httpPort: 0 }, { restartWindow: "soon" }, { healthInterval: 1, healthTimeout: 2 }];
    for (const options of wrong) assertEquals(assertThrows(() => invocation(options), LocalError).code, "usage");
  });
});
