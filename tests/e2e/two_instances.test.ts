import { describe, it } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { DoctorReport } from "../../lib/doctor/findings.ts";
import { launch, ownRuntime, toolCommand, withInstance } from "./support.ts";

describe("a second instance that needs what another one has", () => {
  it("is told to stop that instance, by start and doctor, and what it is told works as it stands", () =>
    withInstance((first) =>
      withInstance(async (second) => {
        const { temporal } = await first.start(["--headless"]);
        const pid = temporal!.pid;
        const ports = ["--headless", "--port", `${first.port}`];
        const stop = `stigmer-local stop --home '${first.home}'`;
        const who = `the Temporal of ${first.home} (pid ${pid})`;

        const refused = await second.run(["start", ...ports]);
        assertEquals(refused.code, 1);
        assertStringIncludes(refused.stderr, `${who} listens on it`);
        assertStringIncludes(refused.stderr, `hint: Stop it with \`${stop}\`, or choose another port with --port`);

        const doctor = await second.run(["doctor", "--json", ...ports]);
        const { checks } = JSON.parse(doctor.stdout) as DoctorReport;
        const found = checks.find(({ name }) => name === "ports")!;
        assertStringIncludes(found.detail, `is taken by ${who}`);
        assertStringIncludes(found.remedy!, `${stop}; or stigmer-local start --home '${second.home}' --port `);

        const database = first.paths.defaultDatabase;
        const busy = await second.run(["start", "--headless", "--db-filename", database]);
        assertStringIncludes(busy.stderr, `The database ${database} is in use by the `);
        assertStringIncludes(busy.stderr, stop);

        const [command] = /stigmer-local stop --home '[^']*'/.exec(refused.stderr)!;
        const typed = command.replace("stigmer-local", '"$@"');
        const ended = await launch(["sh", "-c", typed, "sh", ...toolCommand(ownRuntime)]).ended;
        assertEquals([ended.code, ended.stderr], [0, ""]);
        assertEquals((await second.run(["start", ...ports])).code, 0);
      })
    ));
});
