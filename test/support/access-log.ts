/** One request as a registry's access log has it. */
export interface AccessLine {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly userAgent: string;
}

const combinedFormat =
  /^\S+ \S+ \S+ \[[^\]]+\] "([A-Z]+) ([^ ?"]+)(?:\?[^ "]*)? HTTP\/[\d.]+" (\d{3}) \S+ "[^"]*" "([^"]*)"/;

/** The requests among lines of the Apache combined format; other lines are passed over. */
export function parseAccessLog(lines: readonly string[]): readonly AccessLine[] {
  return lines.flatMap((line) => {
    const [, method, path, status, userAgent] = combinedFormat.exec(line) ?? [];
    if (method === undefined || path === undefined || status === undefined || userAgent === undefined) return [];
    return [{ method, path, status: Number(status), userAgent }];
  });
}
