import { isPorchDefault } from '../pods/plan/porch-default.ts';
import type { Check } from './check.ts';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import type { Patient } from './patient.ts';
import { ok, problem, type Remark, skipped, warning } from './remark.ts';

/** What function pods are made from: which template it is, and whether it can be used. */
export function templatesCheck({ options }: Patient, under: ClusterUnderTest): Check {
  return {
    name: 'pod template',
    timeoutMs: 20_000,
    run: async () => {
      const reached = await under.reached();
      if ('why' in reached) return [skipped('', reached.why)];
      const { source, template, isInline } = (await under.templates()).current();
      const { functionPodTemplate: name } = options;
      const isAsked = name === '' || source.startsWith('ConfigMap ');
      const lost = isAsked ? [] : [missing(name, reached.cluster.access.namespace, source)];
      if (isInline) return [...lost, ok('', 'the built-in one is used')];
      return [...lost, isPorchDefault(template) ? unhardened(source) : ok(source, 'found and usable')];
    },
  };
}

function missing(name: string, namespace: string, source: string): Remark {
  return problem(
    `ConfigMap ${namespace}/${name}`,
    `it is not there, or has no key template; ${source} is used instead`,
    'Make it with the key template: function-runner template prints one to begin with.',
  );
}

function unhardened(source: string): Remark {
  return warning(
    source,
    'it is the default of Porch: function pods run as the image says, with a writable root and no limits',
    'Delete it to have the built-in template, or change it.',
  );
}
