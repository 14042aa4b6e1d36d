/**
 * The keys of a JSON object in the order they stand there, repeated ones included, which `JSON.parse` drops. The text
 * must be valid JSON and an object.
 */
export function topLevelKeys(text: string): readonly string[] {
  const keys: string[] = [];
  let depth = 0;
  let keyNext = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '"') {
      const end = endOfString(text, at);
      if (depth === 1 && keyNext) keys.push(unescaped(text.slice(at, end + 1)));
      keyNext = false;
      at = end;
    } else if (char === '{' || char === '[') {
      depth += 1;
      keyNext = char === '{';
    } else if (char === '}' || char === ']') {
      depth -= 1;
    } else if (char === ',') {
      keyNext = true;
    }
  }
  return keys;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '"') return at;
    if (char === '\\') at += 1;
  }
  return text.length;
}

function unescaped(literal: string): string {
  const value: unknown = JSON.parse(literal);
  return String(value);
}
