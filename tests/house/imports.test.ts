import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals, assertGreater } from "@std/assert";
import { codeOf, importsOf, read, ROOT, sourceFiles } from "./support.ts";

/** The folders of `lib`: each may import those before it. */
const ORDER = [
  ...[
    "errors",
    "text",
    "platform",
    "logs",
    "grpc",
    "config",
    "instance",
    "project",
    "process",
    "cli",
    "environment",
    "binary",
    "database",
  ],
  ...["control", "temporal", "stack", "client", "supervisor", "ephemeral", "doctor", "external", "library", "commands"],
];
/** Folders and files that decide and render, and neither read nor change the system. */
const PURE = [
  ...["lib/errors", "lib/text", "lib/config/flags", "lib/environment"],
  ...[
    "auto_ports",
    "backoff",
    "cli_args",
    "dev_server_args",
    "policy",
    "settings",
    "temporal_versions",
    "processes",
  ]
    .map((name) => `lib/config/${name}.ts`),
  ...["config_file", "config_node", "file_fault", "parse_processes"].map((name) => `lib/config/file/${name}.ts`),
  "lib/project/init/project_template.ts",
  ...[
    "command_spec",
    "command_specs",
    "completions/complete",
    "completions/completion_scripts",
    "effective_settings",
    "help_text",
    "spinner",
  ]
    .map((name) => `lib/cli/${name}.ts`),
  ...["render_install", "go_build/go_output", "download/checksums", "download/proxy"]
    .map((name) => `lib/binary/${name}.ts`),
  ...["download/release_files", "download/resume"]
    .map((name) => `lib/binary/${name}.ts`),
  ...["keys", "meter", "perform", "render", "table", "view"].map((name) => `lib/client/live_view/${name}.ts`),
  ...["api", "http1"].map((name) => `lib/control/${name}.ts`),
  "lib/client/instances/render_instances.ts",
  ...["findings", "render"].map((name) => `lib/doctor/${name}.ts`),
  ...["hpack", "http2_frames", "protobuf"].map((name) => `lib/grpc/${name}.ts`),
  ...[
    "paths",
    "pid_file_format",
    "registry/entry",
    "status/addresses",
    "status/render_status",
    "status/status",
  ]
    .map((name) => `lib/instance/${name}.ts`),
  ...["log_lines", "retention", "show/line_clock", "show/merge_lines", "show/render_line", "show/source_labels"].map((
    name,
  ) => `lib/logs/${name}.ts`),
  ...["parse_net_tcp", "parse_proc_stat", "parse_ps"].map((name) => `lib/platform/processes/${name}.ts`),
  ...["descriptor_plan", "executable_format", "signals"].map((name) => `lib/platform/spawn/${name}.ts`),
  ...[
    "lib/process/transitions.ts",
    "lib/process/states.ts",
    "lib/platform/files/is_within.ts",
    "lib/platform/watch/inotify_events.ts",
    "lib/stack/watch/burst.ts",
    "lib/stack/watch/rules.ts",
    "lib/temporal/launch/exit_diagnosis.ts",
    "lib/temporal/launch/ignored_values.ts",
    "lib/library/start_options.ts",
  ],
];
/** Code that reads or changes the system. `node:path` does neither. */
const EFFECT =
  /\b(Deno|process\s*\.|setTimeout|setInterval|Date\.now|performance\s*\.\s*now|Math\.random|globalThis)\b/;
/** A folder that a reader can take in at a glance; `help` is the table of contents of `commands`. */
const MOST_FILES = 14;
const ENTRY = "stigmer-local.ts";
const FACE = "mod.ts";
const MOST_LINES = 300;

const lib = sourceFiles("lib");
const tops = sourceFiles(".").filter((path) => path === ENTRY || path === FACE);
const all = [...lib, ...tops];
const folderOf = (path: string): string => /^lib\/([^/]+)\//.exec(path)?.[1] ?? "";
const statically = (path: string): string[] =>
  importsOf(path).filter((target) => !target.isDynamic && !target.isType).flatMap(({ path }) => path ?? []);

describe("the house", () => {
  it("has every file of lib in one of its folders, and few in each", () => {
    assertGreater(lib.length, 0);
    assertEquals(lib.filter((path) => !ORDER.includes(folderOf(path))), []);
    const folders = lib.map((path) => dirname(path));
    const full = [...new Set(folders)].filter((folder) =>
      folders.filter((each) => each === folder).length > MOST_FILES
    );
    assertEquals(full.filter((folder) => folder !== "lib/commands"), []);
  });

  it("describes every folder in lib/README.md", () => {
    const readme = read("lib/README.md");
    const folders = new Set(lib.map((path) => dirname(path).replace(/^lib\//, "")));
    assertEquals([...folders].filter((folder) => !readme.includes(`\`${folder}\``)), []);
  });

  it("has imports in one direction only, types and import() included", () => {
    const wrong = lib.flatMap((path) =>
      importsOf(path)
        .filter((target) => target.path !== null && !target.isProgram)
        .filter((target) => ORDER.indexOf(folderOf(target.path!)) > ORDER.indexOf(folderOf(path)))
        .map((target) => `${path} imports ${target.path}`)
    );
    assertEquals(wrong, []);
    assertEquals(importsOf(FACE).filter((target) => folderOf(target.path ?? "") === "commands"), []);
  });

  it("keeps files that decide and render pure", () => {
    const pure = lib.filter((path) => PURE.some((each) => path === each || path.startsWith(`${each}/`)));
    assertEquals(PURE.filter((each) => !pure.some((path) => path.startsWith(each))), []);
    const seen = new Set<string>();
    const whyImpure = (path: string): string[] => {
      if (seen.has(path)) return [];
      seen.add(path);
      const outside = importsOf(path).filter((target) => !target.isType && (target.isDynamic || target.path === null))
        .filter(({ specifier }) => specifier !== "node:path");
      const effect = EFFECT.exec(codeOf(path))?.[0];
      return [
        ...outside.map(({ specifier }) => `${path} imports ${specifier}`),
        ...(effect === undefined ? [] : [`${path} uses ${effect}`]),
        ...statically(path).flatMap(whyImpure),
      ];
    };
    assertEquals(pure.flatMap(whyImpure), []);
  });

  it("has a supervisor that imports neither @std nor npm at its start", () => {
    const reached = new Set<string>();
    const reach = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      statically(path).forEach(reach);
    };
    reach("lib/supervisor/main.ts");
    assertGreater(reached.size, 50);
    const wrong = [...reached].flatMap((path) =>
      importsOf(path)
        .filter(({ specifier, isDynamic }) => !isDynamic && !/^(\.|node:)/.test(specifier))
        .map(({ specifier }) => `${path} imports ${specifier}`)
    );
    assertEquals(wrong, []);
  });

  it("has no import of a missing file", () => {
    const wrong = all.flatMap((path) =>
      importsOf(path)
        .filter((target) => target.path !== null && !existsSync(join(ROOT, target.path)))
        .map((target) => `${path} imports ${target.path}`)
    );
    assertEquals(wrong, []);
  });

  it("has no import cycle, types and import() included", () => {
    assertEquals(findCycle(all), null);
  });

  it("imports only node: and @std at start, the rest through import()", () => {
    const wrong = all.flatMap((path) =>
      importsOf(path)
        .filter((target) => target.path === null && !target.isDynamic && !/^(node:|@std\/)/.test(target.specifier))
        .map((target) => `${path} imports ${target.specifier}`)
    );
    assertEquals(wrong, []);
  });

  it("names Deno only in lib/platform, and in the server of the control socket", () => {
    const wrong = all.filter((path) =>
      folderOf(path) !== "platform" && path !== "lib/control/server_deno.ts" && /\bDeno\b/.test(codeOf(path))
    );
    assertEquals(wrong, []);
  });

  it("exits only in the two entry points, through the host", () => {
    const hosts = ["lib/platform/runtime/host_deno.ts", "lib/platform/runtime/host_node.ts"];
    const byItself = /\b(process|Deno)\s*\.\s*(exit|reallyExit)\b/;
    assertEquals(all.filter((path) => !hosts.includes(path) && byItself.test(codeOf(path))), []);
    const throughHost = all.filter((path) => /\bhost\s*\.\s*exit\b/.test(codeOf(path)));
    assertEquals(throughHost, ["lib/supervisor/main.ts", ENTRY]);
  });

  it(`keeps every file of lib under ${MOST_LINES} lines`, () => {
    const wrong = lib.filter((path) => read(path).split("\n").length > MOST_LINES);
    assertEquals(wrong, []);
  });
});

/** A path of imports from a file back to itself, or null. */
function findCycle(files: string[]): string[] | null {
  const done = new Set<string>();
  const walk = (path: string, trail: string[]): string[] | null => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return null;
    for (const target of importsOf(path)) {
      if (target.path === null || !files.includes(target.path)) continue;
      const cycle = walk(target.path, [...trail, path]);
      if (cycle) return cycle;
    }
    done.add(path);
    return null;
  };
  for (const file of files) {
    const cycle = walk(file, []);
    if (cycle) return cycle;
  }
  return null;
}
