import type { Options } from '../config/options.ts';
import { manager } from '../kubernetes/manager.ts';
import { podTemplateName, serviceTemplateName } from '../pods/plan/template-names.ts';

/** Verbs on one kind of object that a feature needs. */
export interface NeededRight {
  readonly feature: string;
  readonly namespace: string;
  readonly group: string;
  readonly resource: string;
  /** Of one object; without it, of all. */
  readonly name?: string | undefined;
  /** Any one of these sets is enough, the best first. */
  readonly ways: readonly (readonly string[])[];
  /** What is not so without it. */
  readonly without: string;
  readonly isVital: boolean;
}

type Part = Omit<NeededRight, 'namespace' | 'group' | 'isVital'> & Partial<NeededRight>;

const follow = [['list', 'watch'], ['get'], ['list']];
const porch = 'config.porch.kpt.dev';

/**
 * All rights that the service makes use of with these flags, as the Roles under manifests/ have them.
 *
 * @param names of pull secrets and service accounts that somebody named
 * @param hasPrograms whether programs give credentials, which reach nodes by secrets of other names
 */
export function neededRights(
  options: Options,
  ownNamespace: string,
  names: { readonly secrets: readonly string[]; readonly accounts: readonly string[] },
  hasPrograms: boolean,
): readonly NeededRight[] {
  const parts: readonly Part[] = [
    {
      feature: 'function pods',
      resource: 'pods',
      ways: [['get', 'list', 'watch', 'create', 'patch', 'delete']],
      without: 'no function runs',
      isVital: true,
    },
    {
      feature: 'pod template',
      resource: 'podtemplates',
      name: podTemplateName,
      ways: follow,
      without: 'the service does not start',
      isVital: true,
    },
    ...configParts,
    {
      feature: 'one tidier of several',
      group: 'coordination.k8s.io',
      resource: 'leases',
      name: manager,
      ways: [['get', 'create', 'patch']],
      without: 'every replica tidies up',
    },
    ...serviceParts(options),
    ...configMapParts(options, ownNamespace),
    ...replicaParts(options),
    ...(hasPrograms ? [generatedPart] : []),
    ...names.secrets.map((name): Part => ({
      feature: 'named pull secret',
      resource: 'secrets',
      name,
      ways: follow,
      without: 'nodes use it, but the service finds no image with it',
    })),
    ...names.accounts.map((name): Part => ({
      feature: 'pull secrets of the account',
      resource: 'serviceaccounts',
      name,
      ways: follow,
      without: 'the service does not know them',
    })),
  ];
  return parts.map((part) => ({ namespace: options.podNamespace, group: '', isVital: false, ...part }));
}

const configParts: readonly Part[] = [
  {
    feature: 'FunctionConfigs',
    group: porch,
    resource: 'functionconfigs',
    ways: [['list', 'watch']],
    without: 'they count for nothing',
  },
  {
    feature: 'FunctionConfig finalizer',
    group: porch,
    resource: 'functionconfigs',
    ways: [['patch']],
    without: 'one that is deleted may wait for us for ever, where an older version holds it',
  },
  {
    feature: 'FunctionConfig status',
    group: porch,
    resource: 'functionconfigs/status',
    ways: [['patch']],
    without: 'nobody sees in them what came of them',
  },
];

const generatedPart: Part = {
  feature: 'pull secrets of programs',
  resource: 'secrets',
  ways: [['get', 'list', 'watch', 'create', 'patch', 'delete']],
  without:
    'nodes get no credentials of helpers and providers (manifests/components/generated-pull-secrets has the Role)',
};

function serviceParts({ podAddress }: Options): readonly Part[] {
  if (podAddress === 'ip') return [];
  return [
    {
      feature: '--pod-address=service',
      resource: 'services',
      ways: [['get', 'list', 'create', 'delete']],
      without: 'no function pod can be reached',
      isVital: true,
    },
    {
      feature: 'service template',
      group: porch,
      resource: 'servicetemplates',
      name: serviceTemplateName,
      ways: [['list', 'watch']],
      without: 'the built-in one is used',
    },
  ];
}

function configMapParts({ functionPodTemplate: name }: Options, ownNamespace: string): readonly Part[] {
  if (name === '') return [];
  return [
    {
      feature: '--function-pod-template',
      namespace: ownNamespace,
      resource: 'configmaps',
      name,
      ways: follow,
      without: 'the service does not start',
      isVital: true,
    },
  ];
}

function replicaParts(options: Options): readonly Part[] {
  if (!options.enablePrivateRegistries) return [];
  const isWhole = options.pullSecretScope === 'all';
  const ways = [
    ['list', 'watch', 'create', 'patch'],
    ['get', 'create', 'patch'],
    ['get', 'create', 'update'],
  ];
  return [
    {
      feature: 'pull secret of the credentials',
      resource: 'secrets',
      name: isWhole ? options.registryAuthSecretName : undefined,
      ways: isWhole ? ways : ways.map((verbs) => [...verbs, 'delete']),
      without: 'nodes cannot pull from private registries',
      isVital: true,
    },
  ];
}
