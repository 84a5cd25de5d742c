import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { invocationOf } from "../../lib/cli/invocation.ts";
import { LocalError } from "../../lib/errors/local_error.ts";
import { commandLineOf, OPTION_FLAGS, type StartOptions } from "../../lib/library/start_options.ts";

const invocation = (options: StartOptions) =>
  invocationOf(commandLineOf(options), { env: { HOME: "/home/me" }, cwd: "/cwd" }, []);

/** A value for each setting of a launch. */
const SETTINGS = {
  ...{ port: 7300, uiPort: 8300, headless: false, ip: "127.0.0.1", uiIp: "0.0.0.0" },
  ...{ uiPublicPath: "/t", uiAssetPath: "/assets", uiCodecEndpoint: "http://127.0.0.1:1", uiDisableNewsFetch: true },
  ...{ httpPort: 7243, metricsPort: 9090, dbFilename: "/t.db", sqlitePragmas: ["synchronous=1"], logConfig: true },
  ...{ namespaces: ["a", "b"], logLevel: "info", searchAttributes: ["A=Int"], dynamicConfig: ["a=1"] },
};
/** A value for every option that is a setting of `start`, as the type has them. */
const EVERY: Required<
  Omit<
    StartOptions,
    "ephemeral" | "extraArgs" | "timeoutMs" | "logsDir" | "stopAfter" | "onMessage" | "project" | "processes"
  >
> = {
  ...SETTINGS,
  ...{ home: "/home", temporalBin: "/temporal", version: "1.8.2", maxRestarts: 1, restartWindow: "5m" },
  ...{ restartMaxDelay: 10, restartMinUptime: "500ms", healthInterval: 2, healthTimeout: "1s", healthFailures: 4 },
  ...{ launchTimeout: "2m", logMaxSize: "1MB", logMaxAge: "1d", logMaxTotal: 8192 },
};

describe("the options of the library", () => {
  it("are every setting of `start`, each under its name in camel case or its plural", () => {
    assertEquals([...OPTION_FLAGS.keys()].sort(), Object.keys(EVERY).sort());
    for (const [option, flag] of OPTION_FLAGS) {
      const name = flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/Value$/, "");
      assertEquals([name, `${name}s`].includes(option), true, `${option} for --${flag}`);
    }
  });

  it("set what the flag of that name sets, with the same checks", () => {
    const { version: _, ...options } = EVERY;
    const { requested, policy, home, temporalBin } = invocation(options);
    assertEquals([home, temporalBin, invocation({ version: "1.8.2" }).temporalVersion], [
      "/home",
      "/temporal",
      "1.8.2",
    ]);
    assertEquals<unknown>(requested, SETTINGS);
    assertEquals(policy, {
      ...{ restartWindowS: 300, restartMaxDelayS: 10, restartMinUptimeS: 0.5, healthIntervalS: 2, healthTimeoutS: 1 },
      ...{ healthFailures: 4, launchTimeoutS: 120, maxRestarts: 1 },
      ...{ logMaxSizeBytes: 2 ** 20, logMaxAgeS: 86_400, logMaxTotalBytes: 8192 },
    });
    const wrong: StartOptions[] = [{ httpPort: 0 }, { restartWindow: "soon" }, { healthInterval: 1, healthTimeout: 2 }];
    for (const options of wrong) assertEquals(assertThrows(() => invocation(options), LocalError).code, "usage");
  });
});
