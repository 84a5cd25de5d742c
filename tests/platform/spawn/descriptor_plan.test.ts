import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type DescriptorPlan,
  planExactly,
  planForDeno,
  type WantedDescriptors,
} from "../../../lib/platform/spawn/descriptor_plan.ts";

/** What a descriptor leads to: `ours 7` is our descriptor 7. */
type Table = Map<number, string>;

describe("planForDeno()", () => {
  it("needs no shell to pass one descriptor and nothing else", () => {
    assertEquals(planForDeno({ stdout: "null", stderr: "null", pass: [21], leaking: [] }), {
      stdio: ["ignore", "ignore", 21],
      redirections: [],
      beyondShell: [],
    });
  });

  it("lets a shell move the log to 1 and 2, though it is the same file for both", () => {
    assertEquals(planForDeno({ stdout: 22, stderr: 22, pass: [21], leaking: [] }), {
      stdio: ["ignore", "ignore", 21, 22],
      redirections: [">&4", "2>&4", "4>&-"],
      beyondShell: [],
    });
  });

  it("keeps out of the way of a source that stands where another has to go", () => {
    assertEquals(planForDeno({ stdout: 3, stderr: 3, pass: [24], leaking: [] }), {
      stdio: ["ignore", "ignore", null, 24, 3],
      redirections: [">&5", "2>&5", "3>&4", "4>&-", "5>&-"],
      beyondShell: [],
    });
  });

  it("gives up where a shell has no numbers left", () => {
    assertEquals(planForDeno({ stdout: 3, stderr: 5, pass: [9, 8, 7, 6], leaking: [] }), null);
  });
});

describe("the plans", () => {
  const fd = fc.integer({ min: 3, max: 30 });
  const wanted = fc.record({
    stdout: fc.oneof(fc.constant<"null">("null"), fd),
    stderr: fc.oneof(fc.constant<"null">("null"), fd),
    pass: fc.uniqueArray(fd, { maxLength: 3 }),
    leaking: fc.uniqueArray(fc.oneof(fd, fc.constantFrom(63, 62, 251)), { maxLength: 6 }),
  });

  it("give the child exactly what is wanted, as Deno's spawn and a shell go about it", () => {
    fc.assert(
      fc.property(wanted, (want) => {
        const plan = planForDeno(want);
        if (plan === null) return;
        assertEquals(run(plan, want, spawnLikeDeno), expected(want), JSON.stringify(plan));
      }),
      { numRuns: 2000 },
    );
  });

  it("give the child exactly what is wanted, as Node's spawn goes about it", () => {
    fc.assert(
      fc.property(wanted, (want) => {
        assertEquals(run(planExactly(want), want, spawnLikeNode), expected(want));
      }),
      { numRuns: 2000 },
    );
  });
});

function expected({ stdout, stderr, pass }: WantedDescriptors): [number, string][] {
  return [
    [1, stdout === "null" ? "null" : `ours ${stdout}`],
    [2, stderr === "null" ? "null" : `ours ${stderr}`],
    ...pass.map((fd, at): [number, string] => [3 + at, `ours ${fd}`]),
  ];
}

/** What the child has in the end, when the shell is one that can close any number. */
function run(plan: DescriptorPlan, want: WantedDescriptors, spawn: typeof spawnLikeNode): [number, string][] {
  const child = spawn(plan, want);
  for (const word of plan.redirections) redirect(child, word);
  for (const fd of plan.beyondShell) child.delete(fd);
  return [...child].sort(([a], [b]) => a - b);
}

function redirect(table: Table, word: string): void {
  const [, to = "", from = ""] = /^(\d?)>&(\d|-)$/.exec(word) ?? [];
  const target = to === "" ? 1 : Number(to);
  if (from === "-") table.delete(target);
  else {
    const source = table.get(Number(from));
    if (source === undefined) throw new Error(`${word}: bad file descriptor`);
    table.set(target, source);
  }
}

/** What a fork leaves open in the child besides what is asked for: the leaking ones, and our own until exec. */
function forked({ leaking }: WantedDescriptors): { open: Table; atExec: Set<number> } {
  return { open: new Map(leaking.map((fd) => [fd, `ours ${fd}`])), atExec: new Set(leaking) };
}

/** libuv saves sources that stand in the way before it copies (uv__process_child_init). */
function spawnLikeNode(plan: DescriptorPlan, want: WantedDescriptors): Table {
  const { open } = forked(want);
  plan.stdio.forEach((source, at) => {
    if (source !== null) open.set(1 + at, source === "ignore" ? "null" : `ours ${source}`);
  });
  return open;
}

/** One copy after the other, each source closed behind it (create_command in Deno's ext/process/lib.rs). */
function spawnLikeDeno(plan: DescriptorPlan, want: WantedDescriptors): Table {
  const { open, atExec } = forked(want);
  const sources = [want.stdout, want.stderr, ...want.pass].filter((each) => each !== "null");
  for (const fd of sources) open.set(fd, `ours ${fd}`);
  const [stdout, stderr, ...rest] = plan.stdio;
  if (stdout !== "ignore" || stderr !== "ignore") throw new Error("Deno leaves copies of these in the child");
  open.set(1, "null").set(2, "null");
  rest.forEach((source, at) => {
    const target = 3 + at;
    if (source === null) return;
    const file = open.get(source);
    if (file === undefined) throw new Error(`dup2(${source}, ${target}): EBADF`);
    if (source !== target) {
      open.delete(source);
      atExec.delete(source);
      open.set(target, file);
    }
    atExec.add(target);
  });
  for (const fd of open.keys()) if (fd > 2 && !atExec.has(fd)) open.delete(fd); // close-on-exec
  return open;
}
