import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { DEFAULT_POLICY } from "../../lib/config/policy.ts";
import { completeSettings } from "../../lib/config/settings.ts";
import { formatRecord, isRecordedProcess, parseRecord, type PidRecord } from "../../lib/instance/pid_file_format.ts";
import { processSettings } from "../stack/support.ts";

type SeenProcess = Parameters<typeof isRecordedProcess>[1];

const RECORD: PidRecord = {
  pid: 4242,
  startedAtS: 1_767_323_045,
  startTime: "123456",
  bootId: "5d0e3b6c-5a35-4b1b-9c39-0b8c7d1f2a11",
  executable: "/opt/temporal=1.5/bin/temporal",
  binary: "/opt/shims/temporal",
  version: "1.5.1",
  settings: completeSettings({ namespaces: ["ä\nb"], extraArgs: ["--x=\r\n"] }, "/home/me/data.db"),
  policy: { ...DEFAULT_POLICY, maxRestarts: 0 },
};

function recordOf(text: string): PidRecord {
  const reading = parseRecord(text);
  assert("record" in reading, JSON.stringify(reading));
  return reading.record;
}

describe("formatRecord()", () => {
  it("begins with the three lines that Stigmer's CLI reads, and tells the port", () => {
    const lines = formatRecord(RECORD).split("\n");
    assertEquals(lines.slice(0, 3), ["4242", "temporal", "1767323045"]);
    assert(lines.includes("port=7233"));
    assertEquals(lines.at(-1), "");
  });

  it("leaves out a fact that would forge a line", () => {
    const forged = formatRecord({ pid: 2, startedAtS: 0, startTime: "1", executable: "/x\nbootId=forged" });
    assertEquals(recordOf(forged), { pid: 2, startedAtS: 0, startTime: "1" });
  });
});

describe("parseRecord()", () => {
  it("reads back what formatRecord() wrote", () => {
    assertEquals(recordOf(formatRecord(RECORD)), RECORD);
    const line = fc.string({ minLength: 1, unit: "binary" }).filter((text) => !/[\r\n\0]/.test(text));
    const text = fc.string({ unit: "binary" });
    fc.assert(fc.property(
      fc.record({
        pid: fc.integer({ min: 2, max: 2 ** 22 }),
        startedAtS: fc.integer({ min: 0, max: 1e12 - 1 }),
        startTime: line,
        bootId: line,
        executable: line,
        binary: line,
        version: line,
        settings: fc.record({
          namespaces: fc.array(text),
          extraArgs: fc.array(text),
          port: fc.integer({ min: 1, max: 65_535 }),
        })
          .map((asked) => completeSettings(asked, "/db")),
      }, { requiredKeys: ["pid", "startedAtS"] }),
      (record) => assertEquals(recordOf(formatRecord(record)), record),
    ));
  });

  it("reads the records of earlier versions", () => {
    for (const text of ["4242", "4242\n", " 4242 \n", "4242\r\n", "4242\n\n\n"]) {
      assertEquals(recordOf(text), { pid: 4242, startedAtS: 0 }, JSON.stringify(text));
    }
    for (
      const text of [
        "4242\ntemporal\n1767323045",
        "4242\r\ntemporal\r\n1767323045\r\n",
        "4242\n temporal \n 1767323045 \n",
      ]
    ) {
      assertEquals(recordOf(text), { pid: 4242, startedAtS: 1_767_323_045 }, JSON.stringify(text));
    }
  });

  it("reads what an editor with CRLF made of a record", () => {
    assertEquals(recordOf(formatRecord(RECORD).replaceAll("\n", "\r\n")), RECORD);
  });

  it("takes the PID from a record that was cut off anywhere after it", () => {
    const whole = formatRecord(RECORD);
    for (let length = whole.indexOf("\n") + 1; length < whole.length; length++) {
      const reading = parseRecord(whole.slice(0, length));
      // Cut within the second line, it is not known to be Temporal's.
      if ("record" in reading) assertEquals(reading.record.pid, RECORD.pid);
      else assertEquals(reading.invalid, "the second line is not `temporal`");
    }
  });

  it("drops settings that are damaged, and keeps the rest", () => {
    for (
      const settings of ["{", "null", "[]", '"x"', '{"port":0}', JSON.stringify({ ...RECORD.settings, port: "7233" })]
    ) {
      assertEquals(recordOf(`4242\ntemporal\n1\nstartTime=5\nsettings=${settings}\n`), {
        pid: 4242,
        startedAtS: 1,
        startTime: "5",
      });
    }
  });

  it("refuses what is no PID of a server", () => {
    const none = [
      "0",
      "1",
      "-1",
      "-4242",
      "+4242",
      "1e3",
      "0x10",
      "4242.0",
      "4 2",
      "4194305",
      "99999999999",
      "९",
      "NaN",
      "pid=4242",
    ];
    for (const first of none) {
      assert("invalid" in parseRecord(`${first}\ntemporal\n1\n`), first);
    }
    assertEquals(parseRecord("1"), { invalid: "PID 1 is out of range" });
    assertEquals(parseRecord("x"), { invalid: "the first line is not a PID" });
  });

  it("refuses an empty record, binary data, and another program's record", () => {
    for (const text of ["", "\n", " \r\n", "\n4242\n"]) assertEquals(parseRecord(text), { invalid: "empty" });
    assertEquals(parseRecord("4242\ntemporal\0"), { invalid: "binary data" });
    assertEquals(parseRecord("4242\npostgres\n1"), { invalid: "the second line is not `temporal`" });
  });

  it("takes a time that is none for an unknown one", () => {
    for (const time of ["", "yesterday", "-5", "1e9", "9".repeat(13), "2026-01-02T03:04:05Z"]) {
      assertEquals(recordOf(`4242\ntemporal\n${time}`).startedAtS, 0, time);
    }
  });

  it("never throws, and never gives a PID that must not be signalled", () => {
    const lines = fc.array(
      fc.oneof(
        fc.string(),
        fc.constantFrom("temporal", "settings={", "settings=1", "4242", "__proto__=1", "startTime="),
      ),
    );
    fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), lines.map((all) => all.join("\n"))), (text) => {
      const reading = parseRecord(text);
      if ("record" in reading) assert(Number.isInteger(reading.record.pid) && reading.record.pid > 1);
    }));
  });
});

describe("isRecordedProcess()", () => {
  const seen: SeenProcess = {
    startTime: RECORD.startTime!,
    executable: RECORD.executable!,
    state: "S",
  };

  const bootId = RECORD.bootId!;

  it("knows the very process that was recorded", () => {
    assert(isRecordedProcess(RECORD, seen, bootId));
    assert(isRecordedProcess(RECORD, { ...seen, state: "T" }, bootId));
  });

  it("is not fooled by a PID that was used again, another boot, another program, or a corpse", () => {
    const others: Partial<SeenProcess>[] = [
      { startTime: "123457" },
      { executable: "/usr/bin/vim" },
      { executable: null },
      { state: "Z" },
      { state: "X" },
    ];
    for (const other of others) {
      assert(!isRecordedProcess(RECORD, { ...seen, ...other }, bootId), JSON.stringify(other));
    }
    assert(!isRecordedProcess(RECORD, seen, "another"));
  });

  it("proves nothing from a record that lacks a fact", () => {
    for (const key of ["startTime", "bootId", "executable"] as const) {
      const { [key]: _left, ...rest } = RECORD;
      assert(!isRecordedProcess(rest, seen, bootId), key);
    }
  });
});

describe("the record of a process beside Temporal", () => {
  const launched = {
    settings: processSettings({ command: ["/opt/worker", "a b\n=", "ü"], readyWhen: { kind: "port", port: 8888 } }),
    environment: { TEMPORAL_ADDRESS: "127.0.0.1:7233", TEXT: "two\nlines=" },
  };
  const record = { pid: 4242, startedAtS: 1_700_000_000, startTime: "1", bootId: "b", launched };

  it("has what was launched, and its name", () => {
    assertEquals(parseRecord(formatRecord(record, "worker"), "worker"), { record });
  });

  it("is not one of another process, or of Temporal", () => {
    for (const program of ["api", "temporal", "Worker"]) {
      assert("invalid" in parseRecord(formatRecord(record, "worker"), program), program);
    }
    assert("invalid" in parseRecord(formatRecord({ pid: 4242, startedAtS: 0 }), "worker"));
  });

  it("keeps its PID where the rest is truncated or unknown", () => {
    const text = formatRecord(record, "worker");
    const { launched: _, ...rest } = record;
    for (const cut of [text.slice(0, -20), text.replace('"name"', '"nom"')]) {
      assertEquals(parseRecord(cut, "worker"), { record: rest });
    }
  });
});
