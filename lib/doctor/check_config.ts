import { lstatSync } from "node:fs";
import { shellWord } from "../text/shell_word.ts";
import type { RunCheck } from "./context.ts";
import { diagnose, type Finding } from "./findings.ts";

/** Checks config.yaml, and lists the variables that set something. */
export const checkSettings: RunCheck = ({ host, paths, configFailure }) => {
  const findings: Finding[] = [];
  const info = lstatSync(paths.config, { throwIfNoEntry: false });
  if (info !== undefined && !info.isFile() && !info.isSymbolicLink()) {
    findings.push({
      state: "fail",
      detail: `${paths.config} is not a regular file`,
      remedy: `mv ${shellWord(paths.config)} ${shellWord(`${paths.config}.aside`)}`,
    });
  } else if (configFailure !== null) {
    const { message, hint } = configFailure;
    const remedy = `$EDITOR ${shellWord(paths.config)}${hint === undefined ? "" : ` (${hint})`}`;
    findings.push({ state: "fail", detail: `prevents a start: ${message}`, remedy });
  }
  const names = Object.keys(host.env).filter((name) => name.startsWith("STIGMER_")).sort();
  const file = info === undefined ? "no config.yaml" : paths.config;
  return diagnose("config", findings, names.length === 0 ? file : `${file}; from the environment: ${names.join(", ")}`);
};
