import { once } from '../core/once.ts';
import { toRunnerError } from '../core/errors.ts';
import { type WiredResolver, wireResolver } from '../wire-resolver.ts';
import type { Patient } from './patient.ts';

/** The service's own way to registries, made at the first use and shared by all checks. */
export interface RegistryAccess {
  /** Why there is none, where the service would not start either. */
  open(): Promise<WiredResolver | string>;
  close(): Promise<void>;
}

export function registryAccess({ options, surroundings }: Patient): RegistryAccess {
  let opened: Promise<WiredResolver | string> | undefined;
  const open = once(async () => {
    try {
      return await wireResolver(options, surroundings);
    } catch (thrown) {
      return toRunnerError(thrown).message;
    }
  });
  return {
    open: async () => {
      opened = open();
      return opened;
    },
    close: async () => {
      const wired = await opened;
      if (wired !== undefined && typeof wired !== 'string') await wired.close();
    },
  };
}
