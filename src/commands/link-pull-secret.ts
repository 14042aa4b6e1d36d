import type { OptionRow, OptionsOf } from '../config/option-row.ts';
import { optionsFrom, parseFlags } from '../config/parse-flags.ts';
import { withTimeout } from '../core/abort.ts';
import { noCounters } from '../core/counters.ts';
import { silentLog } from '../core/log.ts';
import { isNamespaceName, isObjectName } from '../kubernetes/object-name.ts';
import type { Link, LinkResult } from '../kubernetes/pull-secret/link-pull-secret.ts';
import type { Command } from './command.ts';
import type { CommandIo } from './command-io.ts';
import { createConsoleLog } from './console-log.ts';
import { outputJson, outputOption, printFailure } from './output-option.ts';
import { argumentFault, UsageError } from './usage-error.ts';

const group = 'Pull secret';
const boundMs = 60_000;

const ownOptions = [
  {
    name: 'service-account',
    kind: 'string',
    default: 'default',
    group,
    help: 'The service account that gets it. That of function pods is default, where nothing else is said.',
  },
  {
    name: 'pod-namespace',
    short: 'n',
    aliases: ['namespace'],
    kind: 'string',
    default: 'porch-fn-system',
    group,
    help: 'Namespace of the secret, the service account and the function pods. --namespace means the same.',
  },
  {
    name: 'kubeconfig',
    kind: 'string',
    default: '',
    group,
    help: 'File with the access to the cluster. Empty: KUBECONFIG, else the service account of the pod that this runs in.',
  },
  ...outputOption,
] as const satisfies readonly OptionRow[];

type Flags = OptionsOf<typeof ownOptions>;

/** Gives a service account one more pull secret. */
export const linkPullSecretCommand: Command = {
  usage: 'link-pull-secret NAME [--service-account default] [flags]',
  description:
    'Adds the pull secret NAME to those of a service account, so that pods of that account are pulled with it. What is linked\n' +
    'there stays. Linking once more changes nothing. Exit code 1 when it is not linked.',
  options: ownOptions,
  run: async (argv, io) => {
    const { link, flags } = read(argv);
    try {
      const result = await run(link, flags, io);
      if (flags.output === 'json') io.stdout.write(outputJson({ ...link, ...result }));
      else print(link, result, io);
      return 0;
    } catch (thrown) {
      return printFailure(thrown, flags.output, io);
    }
  },
};

function read(argv: readonly string[]): { readonly link: Link; readonly flags: Flags } {
  const parsed = parseFlags(ownOptions, argv);
  const flags = optionsFrom(ownOptions, parsed);
  const [secret = ''] = parsed.positionals;
  const { serviceAccount, podNamespace: namespace } = flags;
  const count = parsed.positionals.length;
  const faults = [
    ...(count === 1 ? [] : [`link-pull-secret needs one NAME, ${String(count)} are given`]),
    ...(count !== 1 || isObjectName(secret) ? [] : [`${JSON.stringify(secret)} cannot be the name of a secret`]),
    ...(isObjectName(serviceAccount) ? [] : [`--service-account: ${JSON.stringify(serviceAccount)} is wrong`]),
    ...(isNamespaceName(namespace) ? [] : [`--pod-namespace: ${JSON.stringify(namespace)} is wrong`]),
  ];
  if (faults.length + parsed.faults.length > 0) throw new UsageError([...parsed.faults, ...faults.map(argumentFault)]);
  return { link: { namespace, secret, serviceAccount }, flags };
}

async function run(link: Link, { kubeconfig }: Flags, io: CommandIo): Promise<LinkResult> {
  const [{ loadClusterAccess }, { ApiClient }, { linkPullSecret }] = await Promise.all([
    import('../kubernetes/cluster-access.ts'),
    import('../kubernetes/api-client.ts'),
    import('../kubernetes/pull-secret/link-pull-secret.ts'),
  ]);
  const access = await loadClusterAccess({ kubeconfig, environment: io.environment });
  const api = new ApiClient({ access, log: silentLog, counters: noCounters });
  using bound = withTimeout(io.stop, boundMs, `linking ${link.secret}`);
  try {
    return await linkPullSecret(api, link, bound.signal);
  } finally {
    await api.close();
  }
}

function print({ namespace, secret, serviceAccount }: Link, result: LinkResult, io: CommandIo): void {
  const log = createConsoleLog(io);
  for (const warning of result.warnings) log.warn(warning);
  const what = result.changed ? 'linked' : 'already linked';
  io.stdout.write(`${what}: ${secret} to service account ${serviceAccount} in ${namespace}\n`);
  io.stdout.write(`pull secrets now: ${result.imagePullSecrets.join(', ')}\n`);
}
