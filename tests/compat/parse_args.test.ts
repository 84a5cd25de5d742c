import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";

/** The result of `parseArgs` for words separated by spaces. */
type Options = Parameters<typeof parseArgs>[1];
const parse = (line: string, options?: Options): unknown => parseArgs(line.split(" ").filter(Boolean), options);

describe("parseArgs() without options", () => {
  it("takes long flags with and without values", () => {
    assertEquals(parse("--a --b=1 --c two --d"), { _: [], a: true, b: 1, c: "two", d: true });
    assertEquals(parse("--a= --b=c=d"), { _: [], a: "", b: "c=d" });
  });
  it("turns values that look like numbers into numbers", () => {
    assertEquals(parse("--a 1e3 --b 0x10 --c 1.5 --d 1x 7 -8"), { _: [7], a: 1000, b: 16, c: 1.5, d: "1x", 8: true });
    assertEquals(parseArgs(["--a", " ", "--b= ", ""]), { _: [""], a: " ", b: " " });
    assertEquals(parse("--a Infinity"), { _: [], a: "Infinity" });
  });
  it("takes short flags, alone and in clusters", () => {
    assertEquals(parse("-a -b 5 -cde"), { _: [], a: true, b: 5, c: true, d: true, e: true });
    assertEquals(parse("-xvf file"), { _: [], x: true, v: true, f: "file" });
    assertEquals(parse("-n5 -s=abc -p8080"), { _: [], n: 5, s: "abc", p: 8080 });
    assertEquals(parse("-a- -b= -c=="), { _: [], a: "-", b: "", c: "=" });
    assertEquals(parse("-a.b -n-5"), { _: [], a: ".b", n: -5 });
  });
  it("leaves a lone dash and empty words alone", () => {
    assertEquals(parseArgs(["-", "a", "", "-n", "-"]), { _: ["-", "a", ""], n: "-" });
  });
  it("takes true and false after a flag as its value", () => {
    assertEquals(parse("--a true --b false -c false rest"), { _: ["rest"], a: "true", b: "false", c: "false" });
  });
  it("gives --no-x its own name", () => {
    assertEquals(parse("--no-x --no-y=1 --no-"), { _: [], "no-x": true, y: 1, "no-": true });
  });
  it("puts the words after -- among the positionals, unchanged", () => {
    assertEquals(parse("a --b -- --c 1 -- d"), { _: ["a", "--c", "1", "--", "d"], b: true });
  });
  it("nests dotted names", () => {
    assertEquals(parse("--a.b 1 --a.c.d x"), { _: [], a: { b: 1, c: { d: "x" } } });
  });
  it("never reaches a prototype", () => {
    parse("--__proto__.polluted=1 --constructor.prototype.polluted=1 --__proto__=x");
    assertEquals(({} as Record<string, unknown>)["polluted"], undefined);
  });
  it("accepts flags that look like equals signs or newlines", () => {
    assertEquals(parseArgs(["--=x", "-=", "--==y", "--a=l1\nl2"]), { _: [], "=x": true, "=": "y", a: "l1\nl2" });
  });
});

describe("parseArgs() boolean", () => {
  it("is false unless given and takes no value", () => {
    assertEquals(parse("--a x", { boolean: ["a", "b"] }), { _: ["x"], a: true, b: false });
  });
  it("takes true, false and =", () => {
    assertEquals(parse("--a false --b=false --c=no --d true", { boolean: ["a", "b", "c", "d"] }), {
      _: [],
      a: false,
      b: false,
      c: true,
      d: true,
    });
  });
  it("may be one name", () => {
    assertEquals(parse("-v x", { boolean: "v" }), { _: ["x"], v: true });
  });
});

describe("parseArgs() string", () => {
  it("keeps numbers as text and gives an empty text without a value", () => {
    assertEquals(parse("--a 007 --b", { string: ["a", "b", "c"] }), { _: [], a: "007", b: "" });
    assertEquals(parse("-s -t 1", { string: ["s", "t"] }), { _: [], s: "", t: "1" });
    assertEquals(parse("-st", { string: ["s", "t"] }), { _: [], s: "", t: "" });
  });
  it("_ keeps the positionals as text", () => {
    assertEquals(parse("1 2", { string: "_" }), { _: ["1", "2"] });
  });
  it("does not take a flag as its value", () => {
    assertEquals(parse("--a --b -5", { string: ["a", "b"] }), { _: [], a: "", b: "", 5: true });
    assertEquals(parse("-a --b", { string: ["a"] }), { _: [], a: "", b: true });
  });
});

describe("parseArgs() collect", () => {
  it("collects values, and without any is an empty list for typed flags only", () => {
    assertEquals(
      parse("--a 1 --a 2 --s x", { collect: ["a", "s", "b", "u", "v"], string: ["s", "v"], boolean: ["b"] }),
      { _: [], a: [1, 2], s: ["x"], b: [], v: [] },
    );
  });
  it("other flags keep the last value", () => {
    assertEquals(parse("--a 1 --a 2"), { _: [], a: 2 });
  });
});

describe("parseArgs() unknown", () => {
  it("is called for flags that no option names, and for positionals", () => {
    const asked: unknown[] = [];
    const result = parse("--a 1 --b=2 -c pos --d x", {
      string: ["a"],
      boolean: ["d"],
      unknown: (...args) => void asked.push(args),
    });
    assertEquals(asked, [["--b=2", "b", "2"], ["-c", "c", "pos"], ["x"]]);
    assertEquals(result, { _: ["x"], a: "1", b: 2, c: "pos", d: true });
  });
  it("drops those for which it returns false", () => {
    assertEquals(parse("--a --b pos", { boolean: ["a", "b"], unknown: () => false }), { _: [], a: true, b: true });
    assertEquals(parse("--x 1 y", { unknown: () => false }), { _: [] });
  });
});

describe("parseArgs() types", () => {
  it("know the flags and their values", () => {
    const args = parseArgs(["--tag", "a"], {
      boolean: ["follow", "json"],
      string: ["home", "port", "tag"],
      collect: ["tag"],
    });
    // These lines are the test: they must pass the type check, with the real package too.
    const follow: boolean = args.follow;
    const port: string | undefined = args.port;
    const tags: string[] = args.tag;
    const positionals: (string | number)[] = args._;
    assertEquals([follow, port, tags, positionals], [false, undefined, ["a"], []]);
  });
});
