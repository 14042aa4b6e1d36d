import type { OptionFault } from '../config/parse-flags.ts';
import { RunnerError } from '../core/errors.ts';
import { isLoopback } from '../core/loopback.ts';
import { readFirst } from '../core/mounted-file-read.ts';
import { Secret } from '../core/secret.ts';
import { splitAuthority } from '../image/domain.ts';

/**
 * What is wrong with sending a login to a service.
 *
 * @param isProven whether the service has to prove over TLS that it is the one
 */
export function registryAuthFaults(file: string, address: string, isProven: boolean): readonly OptionFault[] {
  const flag = '--registry-auth-file';
  if (file === '') return [];
  if (address === '') return [{ flag, message: `${flag}: needs --address; without it the docker config is used` }];
  const host = splitAuthority(address.toLowerCase()).host.replace(/^\[(.*)\]$/, '$1');
  if (isProven || host === 'localhost' || isLoopback(host)) return [];
  return [
    {
      flag,
      message: `${flag}: needs TLS to ${address}, such as --tls, and without --tls-no-verify: others could read the login on its way`,
    },
  ];
}

/**
 * The value of the metadata `x-registry-auth`: what the file holds, without the line end, as base64.
 *
 * @throws {RunnerError} `CFG_OPTION` when there is no such file
 */
export async function readRegistryAuth(file: string): Promise<Secret> {
  const read = await readFirst([file], 'registry login');
  if (read === undefined) {
    const hint = "Write user:password into it, or the JSON of a login as Docker's Engine API takes it.";
    throw new RunnerError('CFG_OPTION', `${file} does not exist`, { file, hint });
  }
  const bytes = Buffer.from(read.bytes);
  const end = /\r?\n$/.exec(bytes.toString('latin1'))?.[0].length ?? 0;
  return new Secret(bytes.subarray(0, bytes.length - end).toString('base64'));
}
