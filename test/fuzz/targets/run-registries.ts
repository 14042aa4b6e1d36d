import { atDomain, parseReference } from '../../../src/image/reference.ts';
import { RunRegistries } from '../../../src/image/run-registries.ts';
import { texts, type Target } from '../target.ts';

const image = parseReference('example.com/team/fn:v1');

/** Pairs of addresses that, where they can be read, lead from each image to one other and back. */
export const runRegistries: Target = {
  name: 'run registries',
  codes: ['CFG_OPTION'],
  corpus: texts(
    'registry.fns.svc:5000=localhost:32000',
    'a.example=b.example,docker.io=hub.example:5000,[::1]:5000=10.0.0.1',
    'Registry:443=[fd00::1]:5000',
  ),
  tokens: texts(
    '=',
    '==',
    ',',
    ':',
    '://',
    '/',
    '[',
    ']',
    '.',
    '@',
    '%',
    '0x7f.1',
    ':0',
    ':65536',
    'docker.io',
    'localhost',
  ),
  maxBytes: 4096,
  parse: (input) => {
    const runs = RunRegistries.parse(input.toString().split(','));
    for (const { resolve, run } of runs.pairs) {
      const [here, there] = [atDomain(image, resolve), atDomain(image, run)];
      if (runs.toRun(here).canonical !== there.canonical) throw new Error(`${resolve} does not run as ${run}`);
      if (runs.toResolve(there).canonical !== here.canonical) throw new Error(`${run} is not looked up at ${resolve}`);
    }
  },
};
