import { RunnerError } from '../../../src/core/errors.ts';
import { parseDocument } from '../../../src/evaluate/krm-document.ts';
import { quickLook } from '../../../src/evaluate/quick-look.ts';
import { texts, type Target } from '../target.ts';

const item =
  '- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: a\n    annotations: {b: "c"}\n  data:\n    d: |\n      e\n';

/** Both ways of reading, of which neither may throw; a long output takes the first one on the event loop. */
export const krmOutput: Target = {
  name: 'krm output',
  codes: ['FUNCTION_OUTPUT'],
  corpus: texts(
    `apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n${item}${item}results:\n- message: m\n  severity: info\n`,
    `kind: ResourceList\nfunctionConfig:\n  a: &x [1, 2]\nitems:\n  - *x\nresults:\n- message: 'it''s'\n  tags: {a: b}\n`,
    JSON.stringify({ kind: 'ResourceList', items: [{ a: 1 }], results: [{ message: 'm', field: { path: 'a' } }] }),
    '# comment\n---\nkind: ResourceList\nitems: []\n',
  ),
  tokens: texts(
    '- ',
    '? ',
    ': ',
    '\n',
    '\n  ',
    '|\n',
    '>-\n',
    '&a ',
    '*a ',
    '!!binary ',
    '!x ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '#',
    '---\n',
    '...\n',
    '%YAML 1.2\n',
    '<<: ',
    'kind: ResourceList\n',
    'results:\n',
    '\t',
  ),
  maxBytes: 32_768,
  parse: (input) => {
    const text = input.toString();
    const quick = quickLook(text);
    const output = parseDocument(text);
    if (quick?.kind === 'resource-list' && output.kind === 'resource-list') {
      if (JSON.stringify(quick) !== JSON.stringify(output)) throw new Error('the quick look sees other results');
    }
    if (output.kind === 'other') throw new RunnerError('FUNCTION_OUTPUT', output.reason);
  },
};
