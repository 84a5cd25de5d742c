import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { FLAGS_WITHOUT_VALUE, ownFlagAmong, SHORT_FLAGS, temporalArgs } from "../../lib/config/dev_server_args.ts";
import { completeSettings, type Settings } from "../../lib/config/settings.ts";
import { temporalBinary } from "../e2e/support.ts";

/** A flag in the help of the real binary. */
interface HelpFlag {
  name: string;
  letter: string | undefined;
  takesValue: boolean;
}

/** The flags of `temporal server start-dev`, including the global ones. */
function helpFlags(): HelpFlag[] {
  const help = execFileSync(temporalBinary(), ["server", "start-dev", "--help"], { encoding: "utf8" });
  const lines = help.slice(help.indexOf("\nFlags:")).split("\n");
  return lines.flatMap((line) => {
    const match = /^ {2}(?:-(\w), | {4})--([\w-]+)(?: (\S.*?))?(?: {2,}|$)/.exec(line);
    return match === null ? [] : [{ name: match[2]!, letter: match[1], takesValue: match[3] !== undefined }];
  });
}

/** Every setting differs from its default. */
const EVERYTHING: Required<Settings> = {
  ...completeSettings({}, "/db"),
  uiIp: "127.0.0.2",
  namespaces: ["orders"],
  logLevel: "info",
  searchAttributes: ["Color=Keyword"],
  dynamicConfig: ["a=1"],
  metricsPort: 9090,
  uiPublicPath: "/temporal",
  uiAssetPath: "/assets",
  uiCodecEndpoint: "http://127.0.0.1:8081",
  uiDisableNewsFetch: true,
  httpPort: 7243,
  sqlitePragmas: ["synchronous=1"],
  logConfig: true,
};

/** Flags of later versions than the tested one; a launch with an older binary is refused. */
const LATER = ["ui-disable-news-fetch"];

describe("temporal server start-dev", () => {
  const known = helpFlags();
  const names = known.map(({ name }) => name);

  it("has each flag that we pass", () => {
    assert(names.length > 20, `the help was understood: ${names.join(" ")}`);
    const handedOn = [EVERYTHING, { ...EVERYTHING, headless: true }].flatMap(temporalArgs)
      .filter((arg) => arg.startsWith("--")).map((arg) => arg.slice(2));
    assertEquals(handedOn.filter((name) => !names.includes(name) && !LATER.includes(name)), []);
  });

  it("has no flag that neither a setting nor `--` can pass", () => {
    const handedOn = [EVERYTHING, { ...EVERYTHING, headless: true }].flatMap(temporalArgs);
    const unreachable = names.filter((name) => !handedOn.includes(`--${name}`) && ownFlagAmong([`--${name}`]) !== null);
    assertEquals(unreachable, ["help"]);
  });

  it("parses flags like our parser of its command lines", () => {
    const withoutValue = known.filter(({ takesValue }) => !takesValue).map(({ name }) => name);
    assertEquals([...new Set([...withoutValue, ...LATER])].sort(), [...FLAGS_WITHOUT_VALUE].sort());
    const letters = known.flatMap(({ letter, name }) => letter === undefined ? [] : [[letter, name]]);
    assertEquals(Object.fromEntries(letters), SHORT_FLAGS);
  });
});
