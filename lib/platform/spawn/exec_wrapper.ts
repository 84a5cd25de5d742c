import type { DescriptorPlan } from "./descriptor_plan.ts";

/** What a launcher calls itself in its command line, by which it can be told from the program. */
export const EXEC_WRAPPER_NAME = "stigmer-local-launcher";

/** The programs that can do what a POSIX shell can't; null for one that is not there. */
export interface WrapperTools {
  bash: string | null;
  perl: string | null;
}

/**
 * Marks descriptors for closing at exec, then execs. F_SETFD is 2 and FD_CLOEXEC 1 on Linux and macOS; `<&=` gives the
 * descriptor itself and not a copy, and the handles are kept, for perl closes one with its last reference.
 */
const PERL_CLOSER = "for (split / /, shift) { open my $h, '<&=', $_ or next; fcntl $h, 2, 1; push @k, $h } " +
  "exec { $ARGV[0] } @ARGV; exit 127";

/**
 * The command line of a shell that sorts out its descriptors and then becomes `program`: same PID, nothing between.
 * Numbers of two digits need bash or perl; where neither is, they stay open.
 */
export function wrapperCommand(plan: DescriptorPlan, program: readonly string[], tools: WrapperTools): string[] {
  const byBash = tools.bash === null ? [] : plan.beyondShell;
  const redirections = [...plan.redirections, ...byBash.map((fd) => `${fd}>&-`)];
  // Deno tells its child what it passed, for a child that is Deno. It would hold a copy of each, and hand the word on.
  const script = ['unset DENO_EXTRA_STDIO_FDS; exec "$@"', ...redirections].join(" ");
  // `--posix`: bash reads the file that $BASH_ENV names otherwise.
  const shell = byBash.length > 0 ? [tools.bash!, "--posix"] : ["/bin/sh"];
  const line = [...shell, "-c", script, EXEC_WRAPPER_NAME, ...program];
  if (tools.perl === null || tools.bash !== null || plan.beyondShell.length === 0) return line;
  return [tools.perl, "-e", PERL_CLOSER, plan.beyondShell.join(" "), ...line];
}
