import { expect } from 'chai';
import type { KrmOutput } from '../../src/evaluate/krm-document.ts';
import { readKrmOutput } from '../../src/evaluate/krm-output.ts';
import { largeList } from './large-list.ts';

const none: KrmOutput = { kind: 'resource-list', results: [] };

const accepted: readonly { readonly what: string; readonly text: string; readonly output?: KrmOutput }[] = [
  { what: '[KR1] YAML', text: 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n' },
  { what: '[KR1] JSON', text: '{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[]}' },
  { what: '[KR1] YAML in flow style', text: '{apiVersion: config.kubernetes.io/v1, kind: ResourceList}' },
  { what: '[KR1] YAML after a document marker', text: '---\nkind: ResourceList\nitems:\n- kind: A\n' },
  { what: '[KR1] YAML with a byte order mark and CRLF', text: '\uFEFFkind: ResourceList\r\nitems:\r\n- kind: A\r\n' },
  { what: '[KR2] v1beta1', text: 'apiVersion: config.kubernetes.io/v1beta1\nkind: ResourceList\nitems: []\n' },
  { what: '[KR9] no more than its kind', text: 'kind: ResourceList\n' },
  {
    what: '[KR6] results with every part',
    text: [
      'kind: ResourceList',
      'results:',
      '- message: wrong name',
      '  severity: warning',
      '  resourceRef: {apiVersion: v1, kind: ConfigMap, name: a, namespace: b}',
      '  field: {path: metadata.name, currentValue: {x: 1}, proposedValue: two}',
      '  file: {path: a/b.yaml, index: 2}',
      '  tags: {team: one, count: 2}',
    ].join('\n'),
    output: {
      kind: 'resource-list',
      results: [
        {
          message: 'wrong name',
          severity: 'warning',
          resourceRef: { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace: 'b' },
          field: { path: 'metadata.name', currentValue: '{"x":1}', proposedValue: '"two"' },
          file: { path: 'a/b.yaml', index: 2 },
          tags: { team: 'one', count: '2' },
        },
      ],
    },
  },
  {
    what: '[KR6] results without severity, which are errors',
    text: 'kind: ResourceList\nresults:\n- message: a\n- message: b\n  severity: info\n',
    output: {
      kind: 'resource-list',
      results: [
        { message: 'a', severity: 'error' },
        { message: 'b', severity: 'info' },
      ],
    },
  },
  {
    what: 'results with a severity that there is not and parts of the wrong type',
    text: 'kind: ResourceList\nresults:\n- {message: 7, severity: fatal, field: x, file: {index: a}, tags: [b], resourceRef: 1}\n',
    output: { kind: 'resource-list', results: [{ message: '7', severity: 'error', file: { path: '' } }] },
  },
];

const refused: readonly { readonly what: string; readonly text: string | Uint8Array; readonly reason: RegExp }[] = [
  { what: '[KR3] nothing', text: ' \n', reason: /empty/ },
  { what: '[KR3] a log line before it', text: 'starting\nkind: ResourceList\n', reason: /not YAML/ },
  { what: '[KR3] a log line after it', text: 'kind: ResourceList\nitems: []\ndone.\n', reason: /not YAML/ },
  { what: '[KR3] a second document', text: 'kind: ResourceList\n---\nkind: ResourceList\n', reason: /not YAML/ },
  { what: '[KR9] another kind', text: 'kind: List\nitems: []\n', reason: /kind is "List"/ },
  { what: '[KR9] no kind', text: 'items: []\n', reason: /no kind/ },
  { what: 'a list', text: '- kind: ResourceList\n', reason: /not an object/ },
  { what: 'a text', text: 'Segmentation fault', reason: /not an object/ },
  { what: 'items that are no list', text: 'kind: ResourceList\nitems: {}\n', reason: /items are not a list/ },
  { what: 'results that are no list', text: 'kind: ResourceList\nresults: {}\n', reason: /results is not a list/ },
  { what: 'a result that is no object', text: 'kind: ResourceList\nresults: [a]\n', reason: /results\[0\]/ },
  { what: 'broken YAML', text: 'kind: ResourceList\nitems: [\n', reason: /not YAML.*line/ },
  { what: 'the same key twice', text: 'kind: ResourceList\nkind: ResourceList\n', reason: /not YAML/ },
  { what: 'bytes that are not UTF-8', text: Uint8Array.of(0x6b, 0xff, 0xfe), reason: /not UTF-8/ },
  { what: 'nesting without end', text: '['.repeat(20_000), reason: /not YAML|nested/ },
];

describe('the output of a function is taken', () => {
  for (const { what, text, output = none } of accepted) {
    it(`as ${what}`, async () => {
      expect(await readKrmOutput(Buffer.from(text))).to.deep.equal(output);
    });
  }
});

describe('the output of a function is refused', () => {
  for (const { what, text, reason } of refused) {
    it(`with ${what}`, async () => {
      const output = await readKrmOutput(Buffer.from(text));
      expect(output.kind === 'other' && output.reason).to.match(reason);
    });
  }
});

describe('a large output of a function', () => {
  const results = 'results:\n- message: hi\n  severity: info\n';
  const readable: KrmOutput = { kind: 'resource-list', results: [{ message: 'hi', severity: 'info' }] };

  for (const { what, text } of [
    { what: 'in block style', text: largeList(200_000) + results },
    { what: 'in block style with indented items', text: largeList(200_000).replaceAll('\n- ', '\n  - ') + results },
    { what: 'in block style with CRLF', text: (largeList(100_000) + results).replaceAll('\n', '\r\n') },
    { what: 'with results before the items', text: largeList(200_000).replace('items:', `${results}items:`) },
    { what: 'with a comment first', text: `# made by hand\n${largeList(200_000)}${results}` },
    { what: 'with quoted keys', text: `${largeList(200_000).replace('kind: R', '"kind": R')}${results}` },
    { what: 'with an alias from results into items', text: anchored() },
    {
      what: 'in JSON',
      text: JSON.stringify({
        kind: 'ResourceList',
        items: [{ a: 'x'.repeat(100_000) }],
        results: [{ message: 'hi', severity: 'info' }],
      }),
    },
  ]) {
    it(`${what} gives its results`, async () => {
      expect(await readKrmOutput(Buffer.from(text))).to.deep.equal(readable);
    });
  }

  for (const { what, text, reason } of [
    { what: 'a log line after it', text: `${largeList(200_000)}done.\n`, reason: /not YAML/ },
    { what: 'a second document', text: `${largeList(200_000)}---\n${largeList(100)}`, reason: /not YAML/ },
    {
      what: 'another kind',
      text: largeList(200_000).replace('kind: ResourceList', 'kind: List'),
      reason: /kind is "List"/,
    },
    {
      what: 'items that are no list',
      text: largeList(200_000).replaceAll('\n- ', '\n  - ').replace('items:\n', 'items:\n  a: b\n'),
      reason: /not YAML|not a list/,
    },
    { what: 'the same key twice', text: `${largeList(200_000)}kind: ResourceList\n`, reason: /not YAML/ },
    {
      what: 'a tail of blank lines and a word',
      text: `kind: ResourceList\nitems:\n${'\n'.repeat(1_000_000)}x`,
      reason: /not YAML/,
    },
  ]) {
    it(`is refused with ${what}`, async () => {
      const output = await readKrmOutput(Buffer.from(text));
      expect(output.kind === 'other' && output.reason).to.match(reason);
    });
  }

  it('of 6 MiB does not hold up the event loop, in block style or not', async function () {
    this.timeout(60_000);
    const block = largeList(6 * 1024 * 1024);
    for (const text of [block, block.replace('kind: R', '"kind": R')]) {
      const bytes = Buffer.from(text);
      const [output, heldUpMs] = await watchLoop(readKrmOutput(bytes));
      expect(output).to.deep.equal(none);
      expect(heldUpMs).to.be.below(500);
    }
  });
});

function anchored(): string {
  const items = largeList(200_000).replace('name: app-0', 'name: &first hi');
  return `${items}results:\n- message: *first\n  severity: info\n`;
}

/** The longest time for which a timer of 1 ms did not fire while the promise was pending. */
async function watchLoop<T>(promise: Promise<T>): Promise<readonly [T, number]> {
  let last = performance.now();
  let longest = 0;
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  const value = await promise;
  look();
  clearInterval(timer);
  return [value, longest];
}
