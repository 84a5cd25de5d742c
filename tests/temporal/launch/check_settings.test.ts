import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { completeSettings, type Settings } from "../../../lib/config/settings.ts";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { refuseBadSettings } from "../../../lib/temporal/launch/check_settings.ts";
import { withTempDir } from "../../platform/support.ts";

const check = (settings: Partial<Settings>) => refuseBadSettings(completeSettings(settings, "/db"));

function refusal(settings: Partial<Settings>): string {
  const error = assertThrows(() => check(settings), LocalError);
  assertEquals([error.code, error.facts["cause"]], ["launch-failed", "bad-flag"]);
  return error.message;
}

/** `count` search attributes of a type. */
const attributes = (type: string, count: number) => Array.from({ length: count }, (_, n) => `${type}${n}=${type}`);

describe("refuseBadSettings()", () => {
  it("accepts as many search attributes as Temporal has columns for, and a repeated one", () => {
    const most = ["Text", "Int", "Double", "Bool", "Datetime", "KeywordList"].flatMap((type) => attributes(type, 3));
    check({ searchAttributes: [...most, ...attributes("Keyword", 10), "Text0=Text", "Keyword0=Keyword"] });
  });

  it("refuses one more of any type, those after -- included", () => {
    const four = "Text0, Text1, Text2, Text3";
    const message = `Too many search attributes of type Text: 4 (${four}), Temporal's SQLite store has 3`;
    assertEquals(refusal({ searchAttributes: attributes("Text", 4) }), message);
    assertEquals(
      refusal({ searchAttributes: attributes("Text", 3), extraArgs: ["--search-attribute", "Text3=text"] }),
      message,
    );
    refusal({ searchAttributes: attributes("Keyword", 11) });
    refusal({ extraArgs: ["--search-attribute=A=Number"] });
  });

  it("refuses a pragma that SQLite cannot parse, or that is none", () => {
    const good = ["synchronous=1", "journal_mode = wal", "cache_size=-2000", "encoding='UTF-8'"];
    check({ sqlitePragmas: good });
    check({ extraArgs: good.flatMap((pragma) => ["--sqlite-pragma", pragma]) });
    for (const bad of ["foo=a b;", "synchronous", "a b=1", "mode=ro", "x=1; DROP TABLE namespaces"]) {
      assertEquals(refusal({ sqlitePragmas: [bad] }), refusal({ extraArgs: [`--sqlite-pragma=${bad}`] }));
    }
  });

  it("refuses a dynamic config value after -- that is not JSON", () => {
    check({ extraArgs: ["--dynamic-config-value", 'a="b=c"', "--dynamic-config-value=x=1"] });
    assertEquals(
      refusal({ extraArgs: ["--dynamic-config-value", "a=b"] }),
      "Invalid value 'a=b' for --dynamic-config-value: expected KEY=JSON, with strings in double quotes",
    );
  });

  it("refuses UI assets that Temporal could not serve, unless there is no UI", () =>
    withTempDir((folder) => {
      const assets = join(folder, "assets");
      const refused = () => refusal({ uiAssetPath: assets }).replace(assets, "DIR");
      assertEquals(refused(), "Cannot use DIR for the UI assets: it does not exist");
      check({ uiAssetPath: assets, headless: true });
      mkdirSync(assets);
      assertEquals(refused(), "Cannot use DIR for the UI assets: it has no index.html");
      writeFileSync(join(assets, "index.html"), "");
      check({ uiAssetPath: assets });
      assertEquals(
        refusal({ uiAssetPath: join(assets, "index.html") }),
        `Cannot use ${join(assets, "index.html")} for the UI assets: it is not a directory`,
      );
    }));
});
