import { isJsonObject } from '../../../src/core/json.ts';
import { at, list, sameJson, text, type Raw } from './json.ts';
import { seconds } from './object-table.ts';

/** Who wrote and how. Simpler than the real one: an entry lists paths of values instead of a field set. */
interface Entry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly paths: readonly string[];
}

/** The object with `metadata.managedFields` as they are after this manager made it from `before`. */
export function withManager(
  before: Raw | undefined,
  after: Raw,
  { manager, operation }: Omit<Entry, 'paths'>,
  subresource = '',
): Raw {
  const changed = [...leaves(after)].filter(([path, value]) => !sameJson(value, leaves(before ?? {}).get(path)));
  const paths = changed.map(([path]) => path);
  const kept = entriesOf(before).filter((entry) => entry['manager'] !== manager || entry['operation'] !== operation);
  const mine = entriesOf(before).find((entry) => entry['manager'] === manager && entry['operation'] === operation);
  if (mine === undefined && paths.length === 0 && before !== undefined) return after;
  const entry = {
    manager,
    operation,
    apiVersion: text(after, 'apiVersion'),
    time: seconds(Date.now()),
    fieldsType: 'FieldsV1',
    fieldsV1: Object.fromEntries([...new Set([...pathsOf(mine), ...paths])].map((path) => [`f:${path}`, {}])),
    ...(subresource !== '' && { subresource }),
  };
  return { ...after, metadata: { ...at(after, 'metadata'), managedFields: [...kept, entry] } };
}

/** The managers, other than this one, of values that the body would change. */
export function conflictingManagers(existing: Raw, body: Raw, manager: string): readonly string[] {
  const held = leaves(existing);
  const differing = [...leaves(body)].filter(([path, value]) => held.has(path) && !sameJson(held.get(path), value));
  return entriesOf(existing)
    .filter((entry) => entry['manager'] !== manager)
    .filter((entry) => differing.some(([path]) => pathsOf(entry).includes(path)))
    .map((entry) => text(entry, 'manager'));
}

function entriesOf(raw: Raw | undefined): readonly Raw[] {
  return list(at(raw ?? {}, 'metadata'), 'managedFields').filter((entry) => isJsonObject(entry));
}

function pathsOf(entry: Raw | undefined): readonly string[] {
  return Object.keys(at(entry ?? {}, 'fieldsV1')).map((path) => path.slice(2));
}

/** Values by path, without what the server writes. */
function leaves(raw: Raw): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>();
  const walk = (value: unknown, path: string): void => {
    if (!isJsonObject(value)) found.set(path, value);
    else for (const [key, item] of Object.entries(value)) walk(item, path === '' ? key : `${path}.${key}`);
  };
  const { metadata: _metadata, apiVersion: _apiVersion, kind: _kind, ...rest } = raw;
  const { labels = {}, annotations = {} } = at(raw, 'metadata');
  walk({ ...rest, metadata: { labels, annotations } }, '');
  return found;
}
