import type { DescriptorPlan } from "./descriptor_plan.ts";

/** Name of the exec wrapper in its command line, which distinguishes it from the program. */
export const EXEC_WRAPPER_NAME = "stigmer-local-launcher";

/** Programs that can close descriptors above 9; null if not installed. */
export interface WrapperTools {
  bash: string | null;
  perl: string | null;
}

/**
 * Sets close-on-exec on descriptors, then execs. F_SETFD is 2 and FD_CLOEXEC 1 on Linux and macOS. `<&=` opens the
 * descriptor itself, not a copy; `@k` keeps the handles, because perl closes a handle with its last reference.
 */
const PERL_CLOSER = "for (split / /, shift) { open my $h, '<&=', $_ or next; fcntl $h, 2, 1; push @k, $h } " +
  "exec { $ARGV[0] } @ARGV; exit 127";

/**
 * The command line of a shell that arranges its descriptors and then execs `program` under the same PID. Two-digit
 * descriptors need bash or perl; without either they stay open.
 */
export function wrapperCommand(plan: DescriptorPlan, program: readonly string[], tools: WrapperTools): string[] {
  const byBash = tools.bash === null ? [] : plan.beyondShell;
  const redirections = [...plan.redirections, ...byBash.map((fd) => `${fd}>&-`)];
  // Deno lists the passed descriptors in this variable. A Deno child would keep a copy of each, and pass the variable
  // on.
  const script = ['unset DENO_EXTRA_STDIO_FDS; exec "$@"', ...redirections].join(" ");
  // Without `--posix`, bash reads the file named by $BASH_ENV.
  const shell = byBash.length > 0 ? [tools.bash!, "--posix"] : ["/bin/sh"];
  const line = [...shell, "-c", script, EXEC_WRAPPER_NAME, ...program];
  if (tools.perl === null || tools.bash !== null || plan.beyondShell.length === 0) return line;
  return [tools.perl, "-e", PERL_CLOSER, plan.beyondShell.join(" "), ...line];
}
