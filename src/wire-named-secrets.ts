import type { Options } from './config/options.ts';
import { systemClock } from './core/clock.ts';
import { toRunnerError } from './core/errors.ts';
import type { ImageName } from './credentials/credential-source.ts';
import type { FunctionConfigs } from './kubernetes/function-config/function-configs.ts';
import { NamedPullSecrets } from './kubernetes/pull-secret/named/named-pull-secrets.ts';
import { ObservedObjects } from './kubernetes/pull-secret/named/observed-objects.ts';
import { secrets } from './kubernetes/resources.ts';
import { serviceAccounts } from './kubernetes/service-account.ts';
import type { PodPullSecrets } from './pods/plan/pod-pull-secrets.ts';
import { PodSecretNames } from './pods/plan/pod-secret-names.ts';
import type { PodTemplates } from './pods/plan/template-version.ts';
import type { Cluster } from './wire-cluster.ts';
import type { Surroundings } from './wire-resolver.ts';

/** What names pull secrets in the cluster. */
export interface NamingObjects {
  readonly templates: Pick<PodTemplates, 'current'>;
  readonly configs: Pick<FunctionConfigs, 'find' | 'list' | 'subscribe'>;
}

export interface WiredNamedSecrets {
  readonly named: NamedPullSecrets;
  readonly forPods: PodPullSecrets;
  close(): void;
}

/** Pull secrets that users made: those that are named, and those of service accounts. */
export function wireNamedSecrets(
  options: Options,
  cluster: Cluster,
  { templates, configs }: NamingObjects,
  { log, overrides }: Surroundings,
): WiredNamedSecrets {
  const { clock = systemClock } = overrides;
  const { podNamespace: namespace, pullSecrets, functionServiceAccount: serviceAccount } = options;
  const { permissions } = cluster;
  const onChange = (): void => {
    named.refresh().catch((thrown: unknown) => {
      log.error('pull secrets are not followed', { error: toRunnerError(thrown).message });
    });
  };
  const names = new PodSecretNames<ImageName>({ templates, functionConfigs: configs, pullSecrets, serviceAccount });
  const [ofSecrets, ofAccounts] = [secrets(namespace), serviceAccounts(namespace)];
  const shared = { permissions, clock, onChange };
  const named = new NamedPullSecrets({
    namespace,
    secrets: new ObservedObjects({
      ...shared,
      resource: ofSecrets,
      open: async (name) => cluster.open(ofSecrets, name),
    }),
    accounts: new ObservedObjects({
      ...shared,
      resource: ofAccounts,
      open: async (name) => cluster.open(ofAccounts, name),
    }),
    names,
    log,
  });
  const unsubscribe = configs.subscribe(onChange);
  return {
    named,
    forPods: podsPart(named),
    close: () => {
      unsubscribe();
      named.close();
    },
  };
}

function podsPart(named: NamedPullSecrets): PodPullSecrets {
  return {
    choose: async ({ reference, serviceAccount }) => ({
      names: await named.namesFor(reference, serviceAccount),
      scopeKey: '',
      warnings: [],
    }),
    ensure: async () => Promise.resolve(),
  };
}
