import { describe, it } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { diagnoseFailedStart, type FailedStart } from "../../lib/stack/exit_diagnosis.ts";
import { processSettings } from "./support.ts";

function diagnose(lastWords: string, changes: Partial<FailedStart> = {}) {
  return diagnoseFailedStart({
    settings: processSettings(),
    end: { code: 1, signal: null },
    lastWords,
    address: "127.0.0.1:7300",
    namespace: "default",
    portHolder: null,
    ...changes,
  });
}

describe("diagnoseFailedStart()", () => {
  it("quotes the error, not the last line", () => {
    const node = "/shop/worker.mjs:3\n  at x\nError: Cannot find module 'left-pad'\n    at y\n\nNode.js v20.20.0\n";
    assertEquals(
      diagnose(node).message,
      "worker exited before it was ready (exit code 1): Error: Cannot find module 'left-pad'",
    );
    const python =
      'Traceback (most recent call last):\n  File "w.py", line 1\nModuleNotFoundError: No module named x\n';
    assertStringIncludes(diagnose(python).message, "ModuleNotFoundError: No module named x");
    assertStringIncludes(diagnose("panic: no order\n\ngoroutine 1\nexit status 2\n").message, "panic: no order");
    assertStringIncludes(diagnose("one\ntwo\n").message, "(exit code 1): two");
  });

  it("tells an exit without words, a signal, and one that went into the background", () => {
    assertEquals(diagnose("").message, "worker exited before it was ready (exit code 1)");
    assertEquals(
      diagnose("", { end: { code: null, signal: "SIGSEGV" } }).message,
      "worker exited before it was ready (SIGSEGV)",
    );
    const done = diagnose("", { end: { code: 0, signal: null } });
    assertStringIncludes(done.hint, "foreground");
    assert(!diagnose("").hint.includes("foreground"));
  });

  it("knows a command that is not found, or may not be executed", () => {
    const found = diagnose("/bin/sh: 1: nonesuch: not found\n", { end: { code: 127, signal: null } });
    assertEquals([found.cause, found.message], [
      "command-not-found",
      "worker: command not found: /bin/sh: 1: nonesuch: not found",
    ]);
    assertEquals(diagnose("sh: ./w: Permission denied", { end: { code: 126, signal: null } }).cause, "not-executable");
  });

  it("knows a port that is taken, by the words of each runtime", () => {
    for (
      const words of [
        "Error: listen EADDRINUSE: address already in use 127.0.0.1:8888",
        "OSError: [Errno 98] Address already in use",
        "listen tcp :8888: bind: address already in use",
      ]
    ) {
      const settings = processSettings({ readyWhen: { kind: "port", port: 8888 } });
      const { cause, message } = diagnose(words, { settings, portHolder: "pid 12 (node)" });
      assertEquals([cause, message], ["port-taken", "worker: port 8888 is taken by pid 12 (node)"], words);
    }
    assertEquals(diagnose("listen tcp :9090: bind: address already in use").message, "worker: port 9090 is taken");
    assertEquals(diagnose("OSError: [Errno 98] Address already in use").message, "worker: its port is taken");
  });

  it("knows a namespace that does not exist, and whether it is the one that was given", () => {
    for (
      const words of [
        "Namespace orders is not found.",
        'namespace "orders" not found',
        "Error: Namespace orders was not found",
      ]
    ) {
      const { cause, message, hint } = diagnose(words);
      assertEquals([cause, message], ["namespace-not-found", "worker: namespace orders does not exist"], words);
      assertStringIncludes(hint, "TEMPORAL_NAMESPACE");
    }
    assertEquals(
      diagnose("Namespace orders is not found", { namespace: "orders" }).hint,
      "Declare it under `namespaces` in the project file",
    );
  });

  it("knows one that connects elsewhere", () => {
    for (
      const words of [
        "connect ECONNREFUSED 127.0.0.1:7233",
        'dial tcp 127.0.0.1:7233: connect: connection refused"',
        'tonic::transport::Error(Transport, ConnectError("tcp connect error", 127.0.0.1:7233, ConnectionRefused))',
      ]
    ) {
      const { cause, message, hint } = diagnose(words);
      assertEquals(cause, "other-address", words);
      assertStringIncludes(message, "127.0.0.1:7233, which refuses connections; this instance is at 127.0.0.1:7300");
      assertStringIncludes(hint, "TEMPORAL_ADDRESS");
    }
    assertEquals(diagnose("connect ECONNREFUSED 127.0.0.1:7300").cause, "exited", "its own address");
  });

  it("cuts long words", () => {
    assert(diagnose("x".repeat(10_000)).message.length < 300);
  });
});
