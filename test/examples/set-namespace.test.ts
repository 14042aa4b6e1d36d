import { expect } from 'chai';
import { ResourceList, type Result } from '../../examples/set-namespace/resource-list.ts';
import { run } from '../../examples/set-namespace/run.ts';
import { runProgram } from '../support/program.ts';
import { resourceCases } from './set-namespace-cases.ts';

function resourceList(items: readonly string[], config: string): string {
  const list = items.map((item) => `- ${item.replaceAll('\n', '\n  ')}\n`).join('');
  const functionConfig = config === '' ? '' : `functionConfig:\n  ${config.replaceAll('\n', '\n  ')}\n`;
  return `apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n${functionConfig}items:\n${list}`;
}

/** The items as the function leaves them, each as text of its own, and what it reports. */
function outcome(
  items: readonly string[],
  config = configMap,
): { items: readonly string[]; results: readonly Result[] } {
  const list = new ResourceList(resourceList(items, config));
  const results = run(list);
  const [, text = ''] = /\nitems:\n([\s\S]*)$/.exec(list.toString()) ?? [];
  const left = text.split(/^ {2}- (?=apiVersion)/m).slice(1);
  return { items: left.map((item) => item.replaceAll('\n    ', '\n').trim()), results };
}

const configMap = 'apiVersion: v1\nkind: ConfigMap\ndata:\n  namespace: new';

describe('examples/set-namespace', () => {
  for (const { title, before, outcome: wanted } of resourceCases) {
    it(title, () => {
      expect(outcome([before]).items).to.deep.equal([textOf(before, wanted)]);
    });
  }

  it('follows a resource that another one depends on', () => {
    const service = secret('s', 'old');
    expect(outcome([job('old'), service]).items).to.deep.equal([job('new'), secret('s', 'new')]);
  });

  it('changes only the namespace that namespaceMatcher names', () => {
    const { items } = outcome([secret('a', 'old'), secret('b', 'other')], `${configMap}\n  namespaceMatcher: old`);
    expect(items).to.deep.equal([secret('a', 'new'), secret('b', 'other')]);
  });

  it('reports what it changed, and what was there before', () => {
    const { results } = outcome([secret('a', 'old'), secret('b', 'new'), secret('c', 'older')]);
    const message = 'namespace "new" set in 2 fields and 0 depends-on annotations (before: old, older)';
    expect(results).to.deep.equal([{ severity: 'info', message }]);
  });
});

function textOf(before: string, wanted: string): string {
  switch (wanted) {
    case 'moved':
      return before.replaceAll('old', 'new');
    case 'unchanged':
      return before;
    default:
      return wanted;
  }
}

function secret(name: string, namespace: string): string {
  return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}\n  namespace: ${namespace}`;
}

function job(namespace: string): string {
  const metadata = `  name: j\n  namespace: ${namespace}\n  annotations:`;
  const dependsOn = `    config.kubernetes.io/depends-on: /namespaces/${namespace}/Secret/s`;
  return `apiVersion: batch/v1\nkind: Job\nmetadata:\n${metadata}\n${dependsOn}`;
}

const configs: readonly { readonly title: string; readonly config: string; readonly error?: string }[] = [
  { title: 'a ConfigMap', config: configMap },
  { title: 'a SetNamespace', config: 'apiVersion: fn.kpt.dev/v1alpha1\nkind: SetNamespace\nnamespace: new' },
  {
    title: 'the package context of kpt',
    config: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kptfile.kpt.dev\ndata:\n  name: new',
  },
  { title: 'no functionConfig', config: '', error: 'functionConfig is missing' },
  { title: 'another kind', config: 'apiVersion: v1\nkind: Secret', error: 'functionConfig is a v1 Secret' },
  {
    title: 'an empty namespace',
    config: 'apiVersion: v1\nkind: ConfigMap\ndata:\n  namespace: ""',
    error: 'data.namespace of the functionConfig must not be empty',
  },
  {
    title: 'a name in any other ConfigMap',
    config: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mine\ndata:\n  name: new',
    error: 'data.namespace of the functionConfig must not be empty',
  },
];

describe('the functionConfig of examples/set-namespace', () => {
  for (const { title, config, error } of configs) {
    it(`${error === undefined ? 'takes' : 'refuses'} ${title}`, () => {
      const { items, results } = outcome([secret('a', 'old')], config);
      expect(items).to.deep.equal([secret('a', error === undefined ? 'new' : 'old')]);
      expect(results.map(({ severity }) => severity)).to.deep.equal([error === undefined ? 'info' : 'error']);
      if (error !== undefined) expect(results[0]?.message).to.contain(error);
    });
  }
});

describe('examples/set-namespace as a process', () => {
  const program = ['examples/set-namespace/main.ts'];

  it('takes a ResourceList on stdin and writes one to stdout', async () => {
    const input = resourceList([secret('a', 'old')], configMap);
    const { exitCode, stdout, stderr } = await runProgram(process.execPath, program, { input });
    expect(stdout).to.contain('kind: ResourceList').and.to.contain('namespace: new');
    expect(stdout).to.contain('results:\n  - severity: info\n    message:');
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
  });

  it('exits with 1 and the list unchanged when its configuration is missing', async () => {
    const input = resourceList([secret('a', 'old')], '');
    const { exitCode, stdout } = await runProgram(process.execPath, program, { input });
    expect(stdout).to.contain('namespace: old').and.to.contain('severity: error');
    expect(exitCode).to.equal(1);
  });

  it('exits with 1 and says why when its input is not a ResourceList', async () => {
    const result = await runProgram(process.execPath, program, { input: 'kind: Secret\n' });
    const stderr = 'set-namespace: the input is not a ResourceList\n';
    expect(result).to.deep.equal({ exitCode: 1, stdout: '', stderr });
  });
});
