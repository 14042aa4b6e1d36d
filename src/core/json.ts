export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * UTF-8 JSON, with or without one byte order mark.
 *
 * @throws SyntaxError with a constant text: the engine's own message quotes the document, which may hold secrets.
 */
export function decodeJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new SyntaxError('not UTF-8 text');
  }
  if (text === '') throw new SyntaxError('empty');
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError('not valid JSON');
  }
}
