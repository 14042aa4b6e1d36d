import { type KrmOutput, notResourceList, parseDocument } from './krm-document.ts';
import { parseInWorker } from './parse-worker.ts';
import { quickLook } from './quick-look.ts';

/** Up to here a full parse takes a few milliseconds. */
const maxCharsParsedHere = 32 * 1024;

/**
 * Reads the standard output of a function (functions-spec.md): one ResourceList, YAML or JSON, and nothing else.
 * Never throws.
 *
 * A short output is parsed as a whole. A long one would hold up every other call (6 MiB take `js-yaml` half a second
 * and `yaml` four), so only its top level and its results are read, and the items, which are the caller's own data,
 * pass as they are. Where that look is not certain of what it sees, a thread parses the whole.
 */
export async function readKrmOutput(output: Uint8Array): Promise<KrmOutput> {
  const text = decode(output);
  if (text === undefined) return notResourceList('it is not UTF-8');
  if (text.trimEnd() === '') return notResourceList('it is empty');
  if (text.length <= maxCharsParsedHere) return parseDocument(text);
  return quickLook(text) ?? (await parseInWorker(text));
}

function decode(output: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(output);
  } catch {
    return undefined;
  }
}
