// test: seconds 600
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertGreater, assertMatch, assertStringIncludes } from "@std/assert";
import { entryName } from "../../lib/instance/registry/entry.ts";
import { realPath } from "../../lib/instance/registry/registry.ts";
import { withTempDir } from "../platform/support.ts";
import { assertNothingLeft, isAlive, launch, ownTool, until, withInstance } from "./support.ts";
import { killBoth, launchEphemeral } from "./support_callers.ts";
import { pretendSupervisor, withUser } from "./support_instances.ts";
import { killHard, pidsOf } from "./support_lifecycle.ts";

const HEADLESS = ["--headless"];

describe("ls", () => {
  it("lists what runs, without waiting for a supervisor that is dead or hangs, and with --all what does not", () =>
    withUser((user) =>
      withInstance((first) =>
        withInstance(async (second) => {
          const { env } = user;
          assertEquals((await user.run("ls")).stdout, "No instances are running\n");
          const one = pidsOf(await first.start(HEADLESS, { env }));
          const other = pidsOf(await second.start(HEADLESS, { env }));
          const listed = await user.list();
          assertEquals([...listed.keys()].sort(), [first.home, second.home].sort());
          const seen = listed.get(first.home)!;
          assertEquals([seen.state, seen.healthy, seen.address], ["running", true, `127.0.0.1:${first.port}`]);
          assertEquals([seen.temporal?.pid, seen.supervisor?.pid], [one.temporal, one.supervisor]);
          assertEquals([seen.project, seen.namespace], [null, "default"]);
          assertGreater(seen.memoryBytes!, 20_000_000);
          assertMatch(seen.temporal!.startedAt!, /^\d{4}-\d\d-\d\dT/);

          await killHard(other.supervisor);
          const orphan = (await user.list()).get(second.home)!;
          assertEquals([orphan.state, orphan.temporal?.pid, orphan.supervisor], ["unsupervised", other.temporal, null]);
          const { stdout } = await user.run("ls");
          assertMatch(stdout, /^STATE +ADDRESS +PID +SUPERVISOR +UP +VERSION +MEMORY +HOME\n/);
          assertMatch(stdout, new RegExp(`^unsupervised .* ${other.temporal} +- .*${second.home}$`, "m"));

          process.kill(one.supervisor, "SIGSTOP");
          const hung = (await user.list()).get(first.home)!;
          assertEquals([hung.state, hung.healthy, hung.temporal?.pid], ["running", false, one.temporal]);
          assertMatch((await user.run("ls")).stdout, /^unresponsive /m);
          process.kill(one.supervisor, "SIGCONT");

          assertEquals((await first.run(["stop"], { env })).code, 0);
          assertEquals([...(await user.list()).keys()], [second.home]);
          assertEquals((await user.list("--all")).get(first.home)?.state, "stopped");
          assertEquals((await second.run(["stop", "--force"], { env })).code, 0);
          rmSync(second.home, { recursive: true });
          assertEquals([...(await user.list("--all")).keys()], [first.home]);
          assertEquals(user.entries().length, 1);
        })
      )
    ));

  it("finds an instance again whose entry was deleted, and one of which there never was an entry", () =>
    withUser((user) =>
      withInstance(async (instance) => {
        await instance.start(HEADLESS, { env: user.env });
        assertEquals(user.entries().length, 1);
        rmSync(user.registry, { recursive: true });
        await until("it is registered again", () => user.entries().length === 1);
        const noHome = { ...user.env, HOME: undefined };
        await withInstance(async (other) => {
          await other.start(HEADLESS, { env: noHome });
          assertEquals((await user.list()).has(other.home), false);
          assert((await user.list("--home", other.home)).has(other.home));
          assert(!readFileSync(other.paths.supervisorLog, "utf8").includes("registry"));
          assertEquals((await other.run(["stop"], { env: noHome })).code, 0);
        });
      })
    ));

  it("lists ephemeral instances while they live, also one of the library's kind, and forgets them", () =>
    withUser((user) =>
      withTempDir(async (folder) => {
        const env = { ...user.env, TMPDIR: folder };
        const running = await launchEphemeral("exec sleep 1000", { env });
        await until("it is listed", async () => (await user.list()).size === 1);
        await killBoth(running);
        await until("it is forgotten", () => user.entries().length === 0);

        const words = ["run", "--ephemeral", "--", ...ownTool("ls", "--json")];
        const { code, stdout, stderr } = await launch(ownTool(...words), { env }).ended;
        assertEquals([code, JSON.parse(stdout).instances.length], [0, 1], stderr);
        assertEquals([user.entries(), readdirSync(folder)], [[], []]);
      })
    ));
});

describe("a hostile registry", () => {
  it("leads to no harm: what it names is listed only if it runs, and nothing of it is signalled", () =>
    withUser((user) =>
      withInstance((instance) =>
        withTempDir(async (given) => {
          const { temporal } = pidsOf(await instance.start(HEADLESS, { env: user.env }));
          const folder = realPath(given)!;
          const register = (home: string, text?: string) =>
            writeFileSync(
              join(user.registry, entryName(home)),
              text ?? JSON.stringify({ schema: 1, home, project: null }),
            );
          const make = (name: string) => {
            const home = mkdtempSync(join(folder, name));
            register(home);
            return home;
          };
          register("/etc");
          register("/proc/self");
          register(join(folder, "gone"));
          register(join(folder, "half"), '{"schema":1,"ho');
          make("empty");
          const [silent, chatty] = [make("silent"), make("chatty")];
          await using _silent = await pretendSupervisor(join(silent, "control.sock"), null);
          await using _chatty = await pretendSupervisor(
            join(chatty, "control.sock"),
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nno status",
          );
          // A record of a process that is not ours: this test.
          const recorded = make("recorded");
          writeFileSync(join(recorded, "temporal.pid"), `${process.pid}\ntemporal\n1700000000\n`);

          const listed = await user.list();
          assertEquals(
            [...listed].map(([home, { state }]) => [home, state]).sort(),
            [
              [instance.home, "running"],
              [chatty, "unknown"],
            ].sort(),
          );
          const { code, stdout, stderr } = await user.run("stop", "--all");
          assertEquals(code, 1);
          assertStringIncludes(stdout, `${instance.home}: Temporal stopped (pid ${temporal})`);
          assertStringIncludes(stderr, `error: Could not stop ${chatty}: `);
          assertStringIncludes(stderr, "hint: ");
          assertEquals(readdirSync(silent), ["control.sock"]);
          assertEquals(readdirSync(recorded), ["temporal.pid"]);
          assertNothingLeft(instance, [temporal]);

          mkdirSync(join(user.registry, "more"));
          rmSync(user.registry, { recursive: true });
          writeFileSync(user.registry, "no folder");
          assertEquals((await user.run("ls")).stdout, "No instances are running\n");
        })
      )
    ));
});

describe("stop --all", () => {
  it("stops every instance, supervised or not, and also one whose supervisor hangs; not with --home", () =>
    withUser((user) =>
      withInstance((first) =>
        withInstance((second) =>
          withInstance(async (third) => {
            const all = [first, second, third];
            const pids: { temporal: number; supervisor: number }[] = [];
            for (const each of all) pids.push(pidsOf(await each.start(HEADLESS, { env: user.env })));
            const refused = await user.run("stop", "--all", "--home", first.home);
            assertEquals(refused.code, 2);
            assertMatch(refused.stderr, /^error: --all cannot be used with --home/);
            await killHard(pids[1]!.supervisor);
            process.kill(pids[2]!.supervisor, "SIGSTOP");
            assert(pids.every(({ temporal }) => isAlive(temporal)));
            const { code, stdout, stderr } = await user.run("stop", "--all", "--json");
            assertEquals(code, 0, stderr);
            const { schema, instances } = JSON.parse(stdout);
            assertEquals(schema, 1);
            assertEquals(
              new Map(instances.map(({ home, pid }: { home: string; pid: number }) => [home, pid])),
              new Map(all.map(({ home }, at) => [home, pids[at]!.temporal])),
            );
            all.forEach((each, at) => assertNothingLeft(each, [pids[at]!.temporal, pids[at]!.supervisor]));
            assertEquals((await user.run("stop", "--all")).stdout, "No instances are running\n");
            assertEquals((await user.run("stop", "--all", "--quiet")).stdout, "");
          })
        )
      )
    ));
});
