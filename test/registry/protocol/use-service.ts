import type { AppOverrides } from '../../../src/app-overrides.ts';
import { mountSecret } from '../../support/mounted-secret.ts';
import { GrpcFailure, startService } from '../../support/service.ts';
import type { TestService } from '../../support/service.ts';

export interface ServiceSetup {
  /** The `auths` of the mounted dockerconfigjson; none is mounted without. */
  readonly auths?: Readonly<Record<string, unknown>>;
  /** Mounted as `ca.crt`. */
  readonly caPem?: string;
  readonly flags?: readonly string[];
  readonly overrides?: AppOverrides;
}

/** Runs a service with these secrets mounted for as long as `work` lasts. */
export async function useService<T>(setup: ServiceSetup, work: (service: TestService) => Promise<T>): Promise<T> {
  const secret = await mountSecret({
    '.dockerconfigjson': JSON.stringify({ auths: setup.auths ?? {} }),
    ...(setup.caPem === undefined ? {} : { 'ca.crt': setup.caPem }),
  });
  try {
    const service = await startService({
      flags: [
        '--enable-private-registries',
        `--registry-auth-secret-path=${secret.file('.dockerconfigjson')}`,
        '--enable-private-registries-tls',
        `--tls-secret-path=${secret.path}`,
        '--image-platform=linux/amd64',
        ...(setup.flags ?? []),
      ],
      ...(setup.overrides === undefined ? {} : { overrides: setup.overrides }),
    });
    try {
      return await work(service);
    } finally {
      await service.stop();
    }
  } finally {
    await secret.remove();
  }
}

/** The failure of one resolve by a service of its own. */
export async function failureOf(setup: ServiceSetup, image: string): Promise<GrpcFailure> {
  return useService(setup, async (service) => failureOfCall(service.resolve(image)));
}

export async function failureOfCall(call: Promise<unknown>): Promise<GrpcFailure> {
  const outcome = await call.catch((error: unknown) => error);
  if (outcome instanceof GrpcFailure) return outcome;
  throw new Error(`a failure was expected, not ${JSON.stringify(outcome)}`, { cause: outcome });
}

/** An entry of `auths`. */
export function basicEntry(username: string, password: string): { readonly auth: string } {
  return { auth: Buffer.from(`${username}:${password}`).toString('base64') };
}

/** The Authorization header that this login makes. */
export function basicHeader(username: string, password: string): string {
  return `Basic ${basicEntry(username, password).auth}`;
}
