/** Headers as undici gives them: lower-case names, a list where a name came more than once. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

export function allHeaders(headers: ResponseHeaders, name: string): readonly string[] {
  const value = headers[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

export function firstHeader(headers: ResponseHeaders, name: string): string | undefined {
  return allHeaders(headers, name)[0];
}
