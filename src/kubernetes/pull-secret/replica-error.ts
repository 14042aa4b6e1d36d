import { RunnerError } from '../../core/errors.ts';
import type { Adoption, ReplicaAction, ReplicaState } from './replica-decision.ts';
import { pullSecretType } from './secret-marks.ts';

type Problem = Extract<ReplicaAction, { kind: 'error' }>['problem'];

const otherName = 'or choose another name by --registry-auth-secret-name';

/** Why a secret of our name cannot hold our credentials, and what would help. */
export function replicaError(
  problem: Problem,
  namespace: string,
  name: string,
  state: ReplicaState | undefined,
  adopt: Adoption = false,
): RunnerError {
  const secret = `secret ${namespace}/${name}`;
  switch (problem) {
    case 'type': {
      const type = state?.kind === 'wrong-type' ? state.type : '';
      return new RunnerError(
        'PULL_SECRET',
        `${secret} is of type ${JSON.stringify(type)}, a pull secret has to be of type ${pullSecretType}, and a type cannot be changed`,
        { hint: `Delete ${secret}, ${otherName}.` },
      );
    }
    case 'foreign':
      return new RunnerError(
        'PULL_SECRET',
        `${secret} was not made by this service and holds something else; it is left as it is`,
        {
          hint:
            adopt === 'never'
              ? `Delete ${secret}, ${otherName}.`
              : `Set --adopt-pull-secret to have it overwritten, delete it, ${otherName}.`,
        },
      );
    case 'immutable':
      return new RunnerError('PULL_SECRET', `${secret} is immutable and holds something else`, {
        hint: `Delete ${secret}, ${otherName}.`,
      });
  }
}
