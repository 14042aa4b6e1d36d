import { at, text, type Raw } from './json.ts';
import { badRequest } from './refusal.ts';

/** Whether an object is among what a list or watch asked for. @throws Refusal for a selector that is none */
export function selection(query: URLSearchParams): (raw: Raw) => boolean {
  const labels = terms(query.get('labelSelector') ?? '').map(labelTest);
  const fields = terms(query.get('fieldSelector') ?? '').map(fieldTest);
  return (raw) => [...labels, ...fields].every((test) => test(raw));
}

type Test = (raw: Raw) => boolean;

function terms(selector: string): readonly string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter(Boolean);
}

function labelTest(term: string): Test {
  const labels = (raw: Raw): Raw => at(at(raw, 'metadata'), 'labels');
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
  if (set !== null) {
    const [, key = '', operator, values = ''] = set;
    const wanted = values.split(',').map((value) => value.trim());
    return (raw) => wanted.includes(text(labels(raw), key)) === (operator === 'in');
  }
  const [, key = '', operator, value = ''] = /^([^=!]+)(!=|==|=)(.*)$/.exec(term) ?? [];
  if (operator !== undefined) return (raw) => (text(labels(raw), key) === value) === (operator !== '!=');
  if (term.startsWith('!')) return (raw) => labels(raw)[term.slice(1)] === undefined;
  return (raw) => labels(raw)[term] !== undefined;
}

const selectable: ReadonlySet<string> = new Set([
  'metadata.name',
  'metadata.namespace',
  'spec.nodeName',
  'status.phase',
  'type',
]);

function fieldTest(term: string): Test {
  const [, path = '', operator, value = ''] = /^([^=!]+)(!=|==|=)(.*)$/.exec(term) ?? [];
  if (!selectable.has(path)) throw badRequest(`field label not supported: ${path}`);
  const keys = path.split('.');
  return (raw) => {
    const holder = keys.slice(0, -1).reduce(at, raw);
    return (text(holder, keys.at(-1) ?? '') === value) === (operator !== '!=');
  };
}
