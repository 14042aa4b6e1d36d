import { isJsonObject, type JsonObject } from '../core/json.ts';

type Severity = 'error' | 'warning' | 'info';

/** One entry of `results` of a ResourceList (functions-spec.md). */
export interface FunctionResult {
  /** Empty when the function gave none, which the specification forbids and SDKs let pass. */
  readonly message: string;
  /** `error` when the function gave none, or one that the specification does not know. */
  readonly severity: Severity;
  readonly resourceRef?: ResourceRef;
  readonly field?: ResultField;
  readonly file?: ResultFile;
  readonly tags?: Readonly<Record<string, string>>;
}

interface ResourceRef {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
}

/** The values are any YAML there, so they are JSON text here. */
interface ResultField {
  readonly path: string;
  readonly currentValue?: string;
  readonly proposedValue?: string;
}

interface ResultFile {
  readonly path: string;
  readonly index?: number;
}

/**
 * Narrows the parsed `results` of a ResourceList. Parts of the wrong type are left out of an entry rather than failing a
 * function that did its work; only a list that is no list, or an entry that is no object, is an error.
 *
 * @throws {TypeError} saying which entry is wrong
 */
export function toFunctionResults(value: unknown): readonly FunctionResult[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new TypeError('results is not a list');
  const entries: readonly unknown[] = value;
  return entries.map((entry, index) => {
    if (!isJsonObject(entry)) throw new TypeError(`results[${String(index)}] is not an object`);
    return toFunctionResult(entry);
  });
}

function toFunctionResult(entry: JsonObject): FunctionResult {
  const resourceRef = toResourceRef(entry['resourceRef']);
  const field = toField(entry['field']);
  const file = toFile(entry['file']);
  const tags = toTags(entry['tags']);
  return {
    message: text(entry['message']) ?? '',
    severity: toSeverity(entry['severity']),
    ...(resourceRef && { resourceRef }),
    ...(field && { field }),
    ...(file && { file }),
    ...(tags && { tags }),
  };
}

function toSeverity(value: unknown): Severity {
  return value === 'warning' || value === 'info' ? value : 'error';
}

function toResourceRef(value: unknown): ResourceRef | undefined {
  if (!isJsonObject(value)) return undefined;
  const [apiVersion, kind] = [text(value['apiVersion']), text(value['kind'])];
  const [name, namespace] = [text(value['name']), text(value['namespace'])];
  return {
    ...(apiVersion !== undefined && { apiVersion }),
    ...(kind !== undefined && { kind }),
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
  };
}

function toField(value: unknown): ResultField | undefined {
  if (!isJsonObject(value)) return undefined;
  const { currentValue, proposedValue } = value;
  return {
    path: text(value['path']) ?? '',
    ...(currentValue !== undefined && { currentValue: JSON.stringify(currentValue) }),
    ...(proposedValue !== undefined && { proposedValue: JSON.stringify(proposedValue) }),
  };
}

function toFile(value: unknown): ResultFile | undefined {
  if (!isJsonObject(value)) return undefined;
  const index = value['index'];
  return {
    path: text(value['path']) ?? '',
    ...(typeof index === 'number' && Number.isInteger(index) && { index }),
  };
}

function toTags(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isJsonObject(value)) return undefined;
  const entries = Object.entries(value).map(([name, tag]) => [name, text(tag)] as const);
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
