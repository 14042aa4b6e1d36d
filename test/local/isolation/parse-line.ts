/** JSON of one line, narrowed. */
export function parseLine<T>(line: string, is: (value: unknown) => value is T): T {
  const value: unknown = JSON.parse(line);
  if (is(value)) return value;
  throw new TypeError(`unexpected line: ${line}`);
}
