import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { CONFIG_FLAGS } from "../../lib/config/flags/instance_flags.ts";
import {
  completeSettings,
  expectedNamespaces,
  isPort,
  isSettings,
  readSettings,
  type Settings,
  settingsDifferences,
  withAdded,
} from "../../lib/config/settings.ts";

const DATABASE = "/home/me/.stigmer/temporal-data/temporal.db";
const DEFAULTS = completeSettings({}, DATABASE);

const anyAsked = fc.record({
  port: fc.integer({ min: 1, max: 65_535 }),
  uiPort: fc.integer({ min: 1, max: 65_535 }),
  ip: fc.string(),
  headless: fc.boolean(),
  dbFilename: fc.option(fc.string()),
  namespaces: fc.array(fc.string()),
  logLevel: fc.string(),
  searchAttributes: fc.array(fc.string()),
  dynamicConfig: fc.array(fc.string()),
  metricsPort: fc.integer({ min: 1, max: 65_535 }),
  uiPublicPath: fc.string(),
  uiDisableNewsFetch: fc.boolean(),
  httpPort: fc.integer({ min: 1, max: 65_535 }),
  sqlitePragmas: fc.array(fc.string()),
  logConfig: fc.boolean(),
  extraArgs: fc.array(fc.string()),
}, { requiredKeys: [] });

describe("completeSettings()", () => {
  it("fills in Temporal's defaults, and the database in the home", () => {
    assertEquals(DEFAULTS, {
      port: 7233,
      uiPort: 8233,
      ip: "127.0.0.1",
      uiIp: null,
      headless: false,
      dbFilename: DATABASE,
      namespaces: [],
      logLevel: null,
      searchAttributes: [],
      dynamicConfig: [],
      metricsPort: null,
      uiPublicPath: null,
      uiAssetPath: null,
      uiCodecEndpoint: null,
      uiDisableNewsFetch: false,
      httpPort: null,
      sqlitePragmas: [],
      logConfig: false,
      extraArgs: [],
    });
  });

  it("derives the UI port from the port, unless it was set separately", () => {
    assertEquals(completeSettings({ port: 7300 }, DATABASE).uiPort, 8300);
    assertEquals(completeSettings({ port: 7300, uiPort: 9000 }, DATABASE).uiPort, 9000);
    const ownUi = completeSettings({ uiPort: 9000 }, DATABASE);
    assertEquals(completeSettings({ port: 7300 }, DATABASE, ownUi).uiPort, 9000);
    assertEquals(completeSettings({ port: 7300 }, DATABASE, DEFAULTS).uiPort, 8300);
  });

  it("limits the UI port to the last port, so that its PID file stays valid", () => {
    const headless = completeSettings({ port: 65_000, headless: true }, DATABASE);
    assert(isSettings(headless));
    assertEquals(completeSettings({ port: 7300 }, DATABASE, headless).uiPort, 8300);
  });

  it("takes other settings from the existing instance", () => {
    const base = completeSettings({ port: 7300, headless: true, dbFilename: null, namespaces: ["a"] }, DATABASE);
    assertEquals(completeSettings({}, DATABASE, base), base);
    assertEquals(completeSettings({ headless: false, dbFilename: "/x.db", namespaces: [] }, DATABASE, base), {
      ...base,
      headless: false,
      dbFilename: "/x.db",
      namespaces: [],
    });
    assertEquals(completeSettings({ dbFilename: null }, DATABASE, DEFAULTS).dbFilename, null);
  });

  it("is complete, contains the request, and is idempotent", () => {
    fc.assert(fc.property(anyAsked, anyAsked, (asked, earlier) => {
      const settings = completeSettings(asked, DATABASE, completeSettings(earlier, DATABASE));
      assert(isSettings(settings));
      assert(isSettings(JSON.parse(JSON.stringify(settings))));
      assertEquals(settingsDifferences(asked, settings), []);
      assertEquals(completeSettings(asked, DATABASE, settings), settings);
    }));
  });
});

describe("settingsDifferences()", () => {
  it("names each setting by its flag in the schema", () => {
    for (const key of Object.keys(DEFAULTS) as (keyof Settings)[]) {
      const flag = key === "extraArgs" ? "what follows --" : CONFIG_FLAGS.find(({ setting }) => setting === key)!.name;
      const [difference] = settingsDifferences({ [key]: "another" }, DEFAULTS);
      assertEquals(difference?.setting, flag);
    }
  });

  it("names each setting by its flag, with both values", () => {
    assertEquals(settingsDifferences({ port: 7300, headless: false, dbFilename: null, extraArgs: ["-x"] }, DEFAULTS), [
      { setting: "port", running: 7233, asked: 7300 },
      { setting: "db-filename", running: DATABASE, asked: null },
      { setting: "what follows --", running: [], asked: ["-x"] },
    ]);
  });

  it("ignores settings that were not requested", () => {
    assertEquals(settingsDifferences({}, completeSettings({ port: 7300, namespaces: ["a"] }, DATABASE)), []);
  });

  it("compares the order only of arguments", () => {
    const running = completeSettings({ namespaces: ["a", "b"], extraArgs: ["-x", "-y"] }, DATABASE);
    assertEquals(settingsDifferences({ namespaces: ["b", "a", "b"] }, running), []);
    assertEquals(settingsDifferences({ namespaces: ["a"] }, running).length, 1);
    assertEquals(settingsDifferences({ namespaces: ["a", "c"] }, running).length, 1);
    assertEquals(settingsDifferences({ extraArgs: ["-y", "-x"] }, running).length, 1);
  });
});

describe("withAdded()", () => {
  const running = completeSettings({ namespaces: ["a"], searchAttributes: ["A=Text"] }, DATABASE);

  it("has the namespaces and search attributes that are only added, which are no difference", () => {
    const requested = { namespaces: ["b", "a", "b"], searchAttributes: ["A=Text", "B=Int"] };
    assertEquals(settingsDifferences(requested, running), []);
    const after = { ...running, namespaces: ["b", "a"], searchAttributes: ["A=Text", "B=Int"] };
    assertEquals(withAdded(running, requested), after);
    assertEquals(withAdded(DEFAULTS, { namespaces: ["a"] }), { ...DEFAULTS, namespaces: ["a"] });
  });

  it("is the same where nothing is added, or something is taken away", () => {
    const none = [{}, { namespaces: ["a", "a"] }, { namespaces: ["b"] }, { searchAttributes: ["A=Int"] }, { port: 1 }];
    for (const requested of none) assertEquals(withAdded(running, requested) === running, true);
    assertEquals(settingsDifferences({ searchAttributes: ["A=Int", "B=Int"] }, running).length, 1);
  });
});

describe("expectedNamespaces()", () => {
  it("is `default` unless namespaces are set", () => {
    assertEquals(expectedNamespaces(DEFAULTS), ["default"]);
    assertEquals(expectedNamespaces({ ...DEFAULTS, namespaces: ["b", "a"] }), ["b", "a"]);
  });
});

describe("isSettings()", () => {
  it("refuses a missing field and one of another type", () => {
    for (const key of Object.keys(DEFAULTS)) {
      assert(!isSettings({ ...DEFAULTS, [key]: undefined }), `${key} is missing`);
      assert(!isSettings({ ...DEFAULTS, [key]: { not: "it" } }), `${key} is an object`);
    }
    for (const key of ["namespaces", "searchAttributes", "dynamicConfig", "sqlitePragmas", "extraArgs"]) {
      assert(!isSettings({ ...DEFAULTS, [key]: ["a", 1] }), `${key} has a number`);
    }
  });

  it("never throws", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => assert(!isSettings(value))));
  });
});

describe("readSettings()", () => {
  it("fills in the settings that the files of earlier versions lack, and no others", () => {
    const { uiDisableNewsFetch: _a, httpPort: _b, sqlitePragmas: _c, logConfig: _d, ...earlier } = DEFAULTS;
    assertEquals(readSettings({ ...earlier, port: 7300 }), { ...DEFAULTS, port: 7300 });
    assertEquals(readSettings({ ...DEFAULTS, httpPort: 7243 })?.httpPort, 7243);
    const { namespaces: _e, ...incomplete } = DEFAULTS;
    for (const none of [incomplete, { ...DEFAULTS, httpPort: "7243" }, null, [], "x"]) {
      assertEquals(readSettings(none), null);
    }
  });
});

describe("isPort()", () => {
  it("accepts 1 to 65535", () => {
    for (const port of [1, 80, 65_535]) assert(isPort(port), `${port}`);
    for (const none of [0, -1, 65_536, 7233.5, NaN, Infinity, "7233", null, undefined]) {
      assert(!isPort(none), String(none));
    }
  });
});
