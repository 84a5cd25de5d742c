import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ownFlagAmong, parseTemporalArgs, temporalArgs } from "../../lib/config/dev_server_args.ts";
import { completeSettings } from "../../lib/config/settings.ts";

describe("temporalArgs()", () => {
  it("isolates the server, and sets its addresses and database", () => {
    assertEquals(temporalArgs(completeSettings({}, "/home/me/.stigmer/temporal-data/temporal.db")), [
      ...["server", "start-dev", "--env-file", "/dev/null", "--ip", "127.0.0.1", "--port", "7233", "--ui-port", "8233"],
      ...["--db-filename", "/home/me/.stigmer/temporal-data/temporal.db", "--log-level", "warn"],
    ]);
  });

  it("omits the UI's flags when headless, and the database's when in memory", () => {
    const settings = completeSettings({ headless: true, uiIp: "0.0.0.0", dbFilename: null, port: 7000 }, "/db");
    assertEquals(temporalArgs(settings).slice(4), [
      "--ip",
      "127.0.0.1",
      "--port",
      "7000",
      "--headless",
      "--log-level",
      "warn",
    ]);
  });

  it("gives the Web UI's path one slash before it and none after it", () => {
    const pathOf = (uiPublicPath: string) => {
      const args = temporalArgs(completeSettings({ uiPublicPath }, "/db"));
      return args[args.indexOf("--ui-public-path") + 1];
    };
    assertEquals(["temporal", "/temporal/", "//a/b//", "/"].map(pathOf), ["/temporal", "/temporal", "/a/b", "/"]);
  });

  it("repeats repeatable flags, and puts further arguments last", () => {
    const settings = completeSettings({
      namespaces: ["a", "b"],
      searchAttributes: ["Color=Keyword"],
      dynamicConfig: ['x="y"'],
      logLevel: "info",
      extraArgs: ["--metrics-port", "9090"],
    }, "/db");
    assertEquals(temporalArgs(settings).slice(12), [
      ...["--log-level", "info", "--namespace", "a", "--namespace", "b", "--search-attribute", "Color=Keyword"],
      ...["--dynamic-config-value", 'x="y"', "--metrics-port", "9090"],
    ]);
  });
});

describe("parseTemporalArgs()", () => {
  it("parses what temporalArgs() returns", () => {
    const text = fc.string({ minLength: 1 });
    fc.assert(fc.property(
      fc.record({
        port: fc.integer({ min: 1, max: 65_535 }),
        uiPort: fc.integer({ min: 1, max: 65_535 }),
        ip: fc.ipV4(),
        uiIp: fc.option(fc.ipV4()),
        dbFilename: fc.option(text),
        namespaces: fc.array(text),
        logLevel: fc.option(text),
      }),
      (asked) => {
        const settings = completeSettings(asked, "/db");
        const { port, uiPort, ip, uiIp, headless, dbFilename } = settings;
        assertEquals(parseTemporalArgs(["temporal", ...temporalArgs(settings)]), {
          port,
          uiPort,
          ip,
          uiIp,
          headless,
          dbFilename,
        });
      },
    ));
  });

  it("fills in Temporal's defaults", () => {
    const expected = { port: 7233, uiPort: 8233, ip: "127.0.0.1", uiIp: null, headless: false, dbFilename: null };
    assertEquals(parseTemporalArgs(["/usr/bin/temporal", "server", "start-dev"]), expected);
    assertEquals(parseTemporalArgs(["temporal", "server", "start-dev", "-p", "7300"])?.uiPort, 8300);
    assertEquals(parseTemporalArgs(["temporal", "server", "start-dev", "-p", "65000"])?.uiPort, 65_535);
  });

  it("parses every way to write a flag, and the last value wins", () => {
    for (const args of [["-p", "7300"], ["-p7300"], ["-p=7300"], ["--port=7300"], ["--port", "1", "--port", "7300"]]) {
      assertEquals(parseTemporalArgs(["temporal", "server", "start-dev", ...args])?.port, 7300, args.join(" "));
    }
    const parsed = parseTemporalArgs([
      "temporal",
      "--log-level",
      "info",
      "server",
      "start-dev",
      "--headless",
      "-f",
      "t.db",
    ]);
    assertEquals([parsed?.headless, parsed?.dbFilename], [true, "t.db"]);
    assertEquals(parseTemporalArgs(["temporal", "server", "start-dev", "--headless=false"])?.headless, false);
  });

  it("is null for anything but a dev server", () => {
    for (
      const argv of [[], ["temporal"], ["temporal", "workflow", "list"], ["vim", "start-dev"], ["temporal", "server"]]
    ) {
      assertEquals(parseTemporalArgs(argv), null);
    }
  });

  it("never throws", () => {
    fc.assert(fc.property(fc.array(fc.string()), (argv) => {
      parseTemporalArgs(argv);
      parseTemporalArgs(["temporal", "server", "start-dev", ...argv]);
    }));
  });
});

describe("ownFlagAmong()", () => {
  it("finds a flag that this tool sets itself", () => {
    assertEquals(ownFlagAmong(["--metrics-port", "9090", "--port", "1"]), "--port");
    assertEquals(ownFlagAmong(["-f", "x.db"]), "-f");
    assertEquals(ownFlagAmong(["--headless"]), "--headless");
    assertEquals(ownFlagAmong(["-h"]), "-h");
    assertEquals(ownFlagAmong(["--help=false"]), "--help");
  });

  it("does not mistake a value for a flag", () => {
    assertEquals(ownFlagAmong(["--namespace", "--port", "--sqlite-pragma", "journal_mode=wal"]), null);
  });
});
