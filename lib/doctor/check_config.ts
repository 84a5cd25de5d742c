import { lstatSync } from "node:fs";
import { shellWord } from "../text/shell_word.ts";
import type { RunCheck } from "./context.ts";
import { diagnose, failed, type Finding } from "./findings.ts";

/** Checks config.yaml and the project file, and lists the variables that set something. */
export const checkSettings: RunCheck = ({ host, paths, project, configFailure }) => {
  const findings: Finding[] = [];
  const info = lstatSync(paths.config, { throwIfNoEntry: false });
  if (info !== undefined && !info.isFile() && !info.isSymbolicLink()) {
    const remedy = `mv ${shellWord(paths.config)} ${shellWord(`${paths.config}.aside`)}`;
    findings.push(failed(`${paths.config} is not a regular file`, remedy));
  } else if (configFailure !== null) {
    const { message, hint } = configFailure;
    const isInProject = project !== null && message.includes(project);
    const edit = `$EDITOR ${shellWord(isInProject ? project : paths.config)}`;
    findings.push(failed(`prevents a start: ${message}`, hint === undefined ? edit : `${edit} (${hint})`));
  }
  const names = Object.keys(host.env).filter((name) => name.startsWith("STIGMER_")).sort();
  const files = [...(project === null ? [] : [project]), ...(info === undefined ? [] : [paths.config])];
  const file = files.length === 0 ? "no config.yaml" : files.join(", ");
  return diagnose("config", findings, names.length === 0 ? file : `${file}; from the environment: ${names.join(", ")}`);
};
