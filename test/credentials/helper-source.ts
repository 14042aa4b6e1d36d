import { noCounters } from '../../src/core/counters.ts';
import { CredentialSource } from '../../src/credentials/credential-source.ts';
import { HelperLogins } from '../../src/credentials/helper/helper-logins.ts';
import type { Lookup } from '../../src/credentials/keyring.ts';
import { createJsonLog } from '../../src/observe/json-log.ts';
import type { ManualClock } from '../resolver/manual-clock.ts';
import type { HelperPrograms } from './helper-programs.ts';
import { openly, parseText } from './keyring-with.ts';

interface HelperSurroundings {
  readonly programs: HelperPrograms;
  readonly clock: ManualClock;
  /** What is logged is added here. */
  readonly lines: string[];
}

export interface HelperSourceOptions {
  readonly environment?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/** The credentials of a docker config whose helpers are shell scripts. */
export function helperSource(
  config: unknown,
  { programs, clock, lines }: HelperSurroundings,
  { environment, timeoutMs }: HelperSourceOptions = {},
): CredentialSource {
  const keyring = parseText(JSON.stringify(config));
  const logins = new HelperLogins({
    environment: { PATH: programs.path, ...environment },
    clock,
    log: createJsonLog({ write: (line) => lines.push(line) }, 5),
    counters: noCounters,
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  return new CredentialSource({ file: { current: async () => Promise.resolve(keyring) }, logins });
}

/** Logins in the open, and why others are broken. */
export function textsOf({ candidates }: Lookup): readonly unknown[] {
  return candidates.map((candidate) => (candidate.kind === 'login' ? openly(candidate.login) : candidate.reason));
}
