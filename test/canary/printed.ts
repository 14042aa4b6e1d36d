import { inspect } from 'node:util';

/** What a call gives or is refused with, as a debugger, a stack trace and JSON show it, causes included. */
export async function printed(call: Promise<unknown>): Promise<string> {
  const result = await call.catch((error: unknown) => error);
  const stack = result instanceof Error ? String(result.stack) : '';
  return [
    inspect(result, { depth: 12, showHidden: true, maxStringLength: Infinity }),
    stack,
    JSON.stringify(result),
  ].join('\n');
}
