import { expect } from 'chai';
import { RunnerError, toRunnerError } from '../../../src/core/errors.ts';
import { findAttached } from '../../../src/registry/mirrors/find-attached.ts';
import { originHost, type RegistryHost } from '../../../src/registry/registry-host.ts';

const host = (name: string): RegistryHost => originHost({ apiHost: `${name}.example` });
const [mirror, other, avoided, registry] = ['mirror', 'other', 'avoided', 'registry'].map(host);

/** What each host says: that it has it, has nothing, or fails. */
type Sayings = Readonly<Record<string, 'it' | 'nothing' | 'failure'>>;

async function search(line: readonly (RegistryHost | undefined)[], sayings: Sayings): Promise<string> {
  const [first, second, last, reserved] = line;
  const hosts = (...some: readonly (RegistryHost | undefined)[]): readonly RegistryHost[] =>
    some.filter((one) => one !== undefined);
  const asked: string[] = [];
  const found = findAttached(
    { mirrors: hosts(first, second), last, reserve: hosts(reserved) },
    AbortSignal.timeout(5000),
    {
      look: async ({ endpoint: { hostname } }) => {
        const name = hostname.replace('.example', '');
        asked.push(name);
        if (sayings[name] === 'failure') throw new RunnerError('UNREACHABLE', name);
        return Promise.resolve(sayings[name] === 'it' ? name : undefined);
      },
      mirrorFailed: () => undefined,
      mirrorPatienceMs: 1000,
    },
  );
  const outcome = await found.catch((thrown: unknown) => `failure of ${toRunnerError(thrown).message}`);
  return `${asked.join(' ')}: ${outcome ?? 'nothing'}`;
}

describe('what stands beside an image', () => {
  const all = [mirror, other, registry, avoided];
  const withoutRegistry = [mirror, other, undefined, avoided];
  for (const { line, sayings, outcome } of [
    { line: all, sayings: { mirror: 'failure', other: 'it' }, outcome: 'mirror other: other' },
    { line: all, sayings: { mirror: 'failure', registry: 'it' }, outcome: 'mirror other registry: registry' },
    { line: all, sayings: { mirror: 'failure' }, outcome: 'mirror other registry: nothing' },
    { line: all, sayings: { registry: 'failure', avoided: 'it' }, outcome: 'mirror other registry avoided: avoided' },
    { line: all, sayings: { registry: 'failure' }, outcome: 'mirror other registry avoided: failure of registry' },
    { line: withoutRegistry, sayings: { avoided: 'it' }, outcome: 'mirror other avoided: avoided' },
    { line: withoutRegistry, sayings: {}, outcome: 'mirror other avoided: nothing' },
    { line: withoutRegistry, sayings: { mirror: 'failure' }, outcome: 'mirror other avoided: failure of mirror' },
    { line: withoutRegistry, sayings: { avoided: 'failure' }, outcome: 'mirror other avoided: failure of avoided' },
  ] as const) {
    const told = Object.entries(sayings).map(
      ([name, saying]) => `${name} ${saying === 'failure' ? 'fails' : 'has it'}`,
    );
    const asked = line === all ? 'it may be asked itself' : 'mirrors alone may be asked';
    it(`of a registry: where ${asked} and ${told.join(' and ') || 'nobody has it'}, ${outcome}`, async () => {
      expect(await search(line, sayings)).to.equal(outcome);
    });
  }
});
