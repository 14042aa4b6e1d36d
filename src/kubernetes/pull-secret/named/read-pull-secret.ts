import { toRunnerError } from '../../../core/errors.ts';
import { Keyring } from '../../../credentials/keyring.ts';
import type { SecretObject } from '../../secret-object.ts';
import { pullSecretContent, pullSecretKeys } from '../secret-types.ts';

/** The credentials of a pull secret, or why there are none: no value of the secret is in it. */
export type ReadSecret =
  | { readonly kind: 'keyring'; readonly keyring: Keyring }
  | { readonly kind: 'useless'; readonly problem: string; readonly hint: string };

const known = new WeakMap<SecretObject, ReadSecret>();

/** Reads each version of a secret once. Keys of its entries are shown as `pull secret NAME: KEY`. */
export function readPullSecret(secret: SecretObject): ReadSecret {
  const before = known.get(secret);
  if (before !== undefined) return before;
  const read = readAnew(secret);
  known.set(secret, read);
  return read;
}

function readAnew(secret: SecretObject): ReadSecret {
  const { name } = secret.metadata;
  const found = pullSecretContent(secret);
  if (found === undefined) return uselessType(secret);
  try {
    const place = `pull secret ${name}/${found.key}`;
    return { kind: 'keyring', keyring: Keyring.parse(found.content.reveal(), place, `pull secret ${name}: `) };
  } catch (thrown) {
    const { message, details } = toRunnerError(thrown);
    const hint = 'Nodes pull no image of a pod that names such a secret: correct it.';
    return { kind: 'useless', problem: `cannot be read: ${message}`, hint: `${hint} ${details.hint ?? ''}`.trim() };
  }
}

function uselessType({ type, data }: SecretObject): ReadSecret {
  const types = Object.entries(pullSecretKeys);
  const key = types.find(([each]) => each === type)?.[1];
  if (key !== undefined && data[key] === undefined) {
    return { kind: 'useless', problem: `has no key ${key}`, hint: `Put the credentials under ${key}.` };
  }
  const names = types.map(([each]) => each).join(' or ');
  const hint = `Make it anew with the type ${names}: the type of a secret cannot be changed.`;
  return { kind: 'useless', problem: `is of type ${JSON.stringify(type)}, which nodes read no credentials from`, hint };
}
