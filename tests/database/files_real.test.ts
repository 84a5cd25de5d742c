import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { temporalArgs } from "../../lib/config/dev_server_args.ts";
import { completeSettings } from "../../lib/config/settings.ts";
import { finishDatabase, isBeingMade, prepareDatabase } from "../../lib/database/files.ts";
import { openGrpcChannel } from "../../lib/grpc/channel.ts";
import { GrpcError } from "../../lib/grpc/error.ts";
import { checkServing } from "../../lib/grpc/health.ts";
import { protobufMessage } from "../../lib/grpc/protobuf.ts";
import { isDeno } from "../../lib/platform/runtime/host.ts";
import { diagnoseExit } from "../../lib/temporal/launch/exit_diagnosis.ts";
import { freePort } from "../free_ports.ts";
import { eventually, realTemporal, runtimeConnect, type Started, startProcess, withTempDir } from "../support.ts";

const LIST_WORKFLOWS = "/temporal.api.workflowservice.v1.WorkflowService/ListWorkflowExecutions";

function launch(folder: string, port: number, more: Parameters<typeof completeSettings>[0]): Started {
  const settings = completeSettings({ port, headless: true, ...more }, join(folder, "t.db"));
  return startProcess(realTemporal(), temporalArgs(settings), folder, { HOME: folder });
}

/** Waits for SERVING, and gives the status of a query that needs the last tables of the schema. */
async function serveAndList(temporal: Started, port: number): Promise<number> {
  const connect = await runtimeConnect();
  let hasEnded = false;
  temporal.exited.then(() => hasEnded = true);
  const channel = await eventually(async () => {
    if (hasEnded) throw new Error(`Temporal ended: ${temporal.output()}`);
    try {
      const channel = await openGrpcChannel(connect, { host: "127.0.0.1", port }, 1_000);
      if (await checkServing(channel, 1_000) === "serving") return channel;
      channel.close();
      return null;
    } catch (error) {
      if (error instanceof GrpcError) return null;
      throw error;
    }
  });
  try {
    const request = protobufMessage([1, "default"], [4, "ExecutionStatus = 'Running'"]);
    // The namespace may need a moment to get from the database into the frontend's cache.
    return await eventually(async () => {
      const reply = await channel.call(LIST_WORKFLOWS, request, 5_000);
      return reply.status === 5 ? null : reply.status;
    });
  } finally {
    channel.close();
  }
}

describe("prepareDatabase() on a real Temporal", () => {
  // Every 8 ms, half of them under each runtime.
  const moments = Array.from({ length: 12 }, (_, index) => 16 * index + (isDeno ? 0 : 8));

  // An unprepared database is ruined for good by most of these; by the later ones in a way that shows only in queries.
  for (const journalMode of ["delete", "wal"]) {
    it(`a first start may be killed at any moment (journal_mode=${journalMode})`, () =>
      withTempDir(async (folder) => {
        const extraArgs = ["--sqlite-pragma", `journal_mode=${journalMode}`];
        for (const moment of moments) {
          const dbFilename = join(folder, `t${moment}.db`);
          const port = await freePort();
          await prepareDatabase(dbFilename, new Date());
          const first = launch(folder, port, { dbFilename, extraArgs });
          await eventually(() => existsSync(dbFilename) ? true : null, 20_000, 1);
          await new Promise((resume) => setTimeout(resume, moment));
          await first.kill();

          await prepareDatabase(dbFilename, new Date());
          assert(isBeingMade(dbFilename));
          const second = launch(folder, port, { dbFilename, extraArgs });
          try {
            assertEquals(await serveAndList(second, port), 0, `killed ${moment} ms after the file was there`);
            finishDatabase(dbFilename);
          } finally {
            await second.kill();
          }
          assertEquals(await prepareDatabase(dbFilename, new Date()), null);
        }
      }));
  }

  it("keeps a database whose marker was left behind by a supervisor that was killed", () =>
    withTempDir(async (folder) => {
      const port = await freePort();
      const dbFilename = join(folder, "t.db");
      await prepareDatabase(dbFilename, new Date());
      const temporal = launch(folder, port, { dbFilename });
      assertEquals(await serveAndList(temporal, port), 0);
      await temporal.kill();
      assertEquals(await prepareDatabase(dbFilename, new Date()), null);
    }));
});

describe("explainFailure() on a real Temporal", () => {
  const cases: Record<string, (folder: string) => Parameters<typeof completeSettings>[0]> = {
    "database-corrupt": (folder) => {
      writeFileSync(join(folder, "garbage.db"), "this is no database ".repeat(500));
      return { dbFilename: join(folder, "garbage.db") };
    },
    "database-half-made": (folder) => {
      writeFileSync(join(folder, "empty.db"), "");
      return { dbFilename: join(folder, "empty.db") };
    },
    "database-unwritable": (folder) => {
      mkdirSync(join(folder, "folder.db"));
      return { dbFilename: join(folder, "folder.db") };
    },
    "missing-folder": (folder) => ({ dbFilename: join(folder, "none", "t.db") }),
    "bad-flag": () => ({ extraArgs: ["--no-such-flag"] }),
  };
  for (const [cause, prepare] of Object.entries(cases)) {
    it(`finds ${cause}`, () =>
      withTempDir(async (folder) => {
        const temporal = launch(folder, await freePort(), { dbFilename: null, ...prepare(folder) });
        const exit = await temporal.exited;
        assertEquals(
          diagnoseExit({ lastWords: temporal.output(), exitCode: exit.code, signal: exit.signal }).cause,
          cause,
          temporal.output(),
        );
      }));
  }

  it("finds port-taken", () =>
    withTempDir(async (folder) => {
      const port = await freePort();
      const stranger = createServer();
      await new Promise<void>((resolve) => stranger.listen(port, "127.0.0.1", resolve));
      try {
        const temporal = launch(folder, port, { dbFilename: null });
        const exit = await temporal.exited;
        const failure = diagnoseExit({ lastWords: temporal.output(), exitCode: exit.code, signal: exit.signal });
        assertEquals([failure.cause, failure.message], ["port-taken", `Port ${port} of 127.0.0.1 is taken`]);
      } finally {
        stranger.close();
      }
    }));
});
