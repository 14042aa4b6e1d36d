import { RunRegistries } from '../image/run-registries.ts';
import { readReplica } from '../kubernetes/pull-secret/secret-marks.ts';
import { NodeConfig } from '../kubernetes/pull-secret/node-config.ts';
import { secrets } from '../kubernetes/resources.ts';
import type { Check } from './check.ts';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import { readCredentialsFile } from './credentials-file.ts';
import type { Patient } from './patient.ts';
import { ok, problem, type Remark, skipped, warning } from './remark.ts';

/** The copy of the credentials that nodes pull with. */
export function replicaCheck({ options }: Patient, under: ClusterUnderTest): Check {
  const { podNamespace, registryAuthSecretName: name } = options;
  const subject = `${podNamespace}/${name}`;
  return {
    name: 'pull secret',
    subject,
    timeoutMs: 15_000,
    run: async (signal) => {
      if (!options.enablePrivateRegistries) return [skipped('', 'none without --enable-private-registries')];
      if (options.pullSecretScope === 'registry') {
        return [skipped(subject, '--pull-secret-scope=registry makes one for the images of each pod')];
      }
      const file = await readCredentialsFile(options).catch(() => undefined);
      if (file === undefined) return [skipped(subject, 'there are no credentials to copy')];
      const reached = await under.reached();
      if ('why' in reached) return [skipped(subject, reached.why)];
      const secret = await reached.cluster.api.get(secrets(podNamespace), name, signal);
      const { pairs } = RunRegistries.parse(options.runRegistry);
      const wanted = NodeConfig.parse(file.bytes, file.path, pairs).whole.hash;
      return [replicaRemark(subject, readReplica(secret, undefined), wanted, options.adoptPullSecret)];
    },
  };
}

function replicaRemark(
  subject: string,
  state: ReturnType<typeof readReplica>,
  wanted: string,
  adopts: boolean,
): Remark {
  switch (state.kind) {
    case 'absent':
      return warning(subject, 'it is not there yet', 'The service makes it when it starts; does it run?');
    case 'wrong-type':
      return problem(subject, `it is of type ${JSON.stringify(state.type)}`, 'Delete it; its type cannot be changed.');
    case 'foreign':
      if (state.dataHash === wanted || state.isPorch || adopts) return ok(subject, "somebody else's; it is taken over");
      return problem(
        subject,
        'somebody else made it, and it differs from the mounted file',
        'Name another one by --registry-auth-secret-name, or give --adopt-pull-secret.',
      );
    case 'ours':
      if (state.dataHash === wanted) return ok(subject, 'equal to the mounted file');
      return problem(
        subject,
        'it differs from the mounted file',
        'The service writes it within seconds: see that it runs, may write it (rights), and has the same file.',
      );
  }
}
