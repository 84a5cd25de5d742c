/** A line of a log. */
export interface LogLine {
  /** Whose log it is in. */
  source: string;
  text: string;
  /** When it was written, in Unix ms. */
  atMs: number;
}

/** The lines of several logs in the order of time. Those of one log keep their order, and stay together at the same time. */
export function* mergeByTime(logs: readonly Iterator<LogLine>[]): Generator<LogLine> {
  const heads = logs.flatMap((log) => {
    const { value, done } = log.next();
    return done === true ? [] : [{ log, line: value }];
  });
  for (let last = heads[0]; last !== undefined;) {
    let next = last;
    for (const head of heads) if (head.line.atMs < next.line.atMs) next = head;
    yield next.line;
    const { value, done } = next.log.next();
    if (done !== true) next.line = value;
    else heads.splice(heads.indexOf(next), 1);
    last = done === true ? heads[0] : next;
  }
}

/** The last `limit` of the lines that `read` gives. Reads them twice rather than keep them, as there may be any number. */
export function* lastOf(read: () => Iterable<LogLine>, limit: number): Generator<LogLine> {
  let excess = -limit;
  if (limit !== Infinity) { for (const _ of read()) excess++; }
  for (const line of read()) if (--excess < 0) yield line;
}
