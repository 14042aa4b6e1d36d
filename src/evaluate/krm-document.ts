import { load, YAMLException } from 'js-yaml';
import { isJsonObject } from '../core/json.ts';
import { type FunctionResult, toFunctionResults } from './krm-result.ts';

/** What a function wrote to stdout: a ResourceList with its results, or something else and why it is not one. */
export type KrmOutput =
  | { readonly kind: 'resource-list'; readonly results: readonly FunctionResult[] }
  | { readonly kind: 'other'; readonly reason: string };

const maxReasonChars = 300;

/** Parses the whole text, YAML or JSON, in time linear in its length: some 10 MB a second. Never throws. */
export function parseDocument(text: string): KrmOutput {
  try {
    return toKrmOutput(parse(text));
  } catch (error) {
    return notResourceList(reasonOf(error));
  }
}

/** @throws {TypeError} when the results are not a list of objects */
export function toKrmOutput(document: unknown): KrmOutput {
  if (!isJsonObject(document)) return notResourceList('it is not an object');
  const { kind, items } = document;
  if (kind === undefined) return notResourceList('it has no kind, expected ResourceList');
  if (kind !== 'ResourceList') {
    return notResourceList(`its kind is ${JSON.stringify(kind).slice(0, 80)}, expected ResourceList`);
  }
  if (items !== undefined && items !== null && !Array.isArray(items))
    return notResourceList('its items are not a list');
  return { kind: 'resource-list', results: toFunctionResults(document['results']) };
}

/** `reason` may hold parts of the text. */
export function notResourceList(reason: string): KrmOutput {
  return { kind: 'other', reason: reason.slice(0, maxReasonChars).replaceAll(/\p{Cc}/gu, '?') };
}

function parse(text: string): unknown {
  const start = text.trimStart();
  if (start.startsWith('{')) {
    try {
      return JSON.parse(start);
    } catch {
      // Braces open a YAML flow mapping as well.
    }
  }
  return load(text, { maxDepth: 500 });
}

function reasonOf(error: unknown): string {
  if (error instanceof YAMLException) {
    const line = error.mark === undefined ? '' : ` at line ${String(error.mark.line + 1)}`;
    return `it is not YAML: ${error.reason}${line}`;
  }
  return error instanceof TypeError ? error.message : 'it is nested too deep or too large';
}
