/** The last line of `output` that begins with `prefix`, without it. */
export function lastLineAfter(prefix: string, output: Buffer): string | undefined {
  const lines = output.toString('utf8').split('\n');
  return lines.findLast((line) => line.startsWith(prefix))?.slice(prefix.length);
}
