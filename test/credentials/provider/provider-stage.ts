import { expect } from 'chai';
import { parseDuration } from '../../../src/config/duration.ts';
import { noCounters } from '../../../src/core/counters.ts';
import type { Candidate } from '../../../src/credentials/candidate.ts';
import { ProgramTurns } from '../../../src/credentials/program/program-turns.ts';
import { CredentialProviders } from '../../../src/credentials/provider/credential-providers.ts';
import { parseProviderConfig, type Provider } from '../../../src/credentials/provider/provider-config.ts';
import { parseReference } from '../../../src/image/reference.ts';
import { createJsonLog } from '../../../src/observe/json-log.ts';
import { ManualClock } from '../../resolver/manual-clock.ts';
import { openly } from '../keyring-with.ts';
import {
  type Answer,
  answering,
  type ConfiguredProvider,
  providerConfig,
  type ProviderPrograms,
  providerPrograms,
} from './provider-programs.ts';

/** In passwords; the log must not show it. */
export const secret = 'zUg-41/secret-of-a-provider';

/** For every host of two labels. */
export const login: NonNullable<Answer['auth']> = { '*.io': ['robot', secret] };

interface SourceOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** Providers that are shell scripts, and a clock that stands still. */
export class ProviderStage {
  readonly programs: ProviderPrograms;
  readonly clock = new ManualClock();
  readonly lines: string[] = [];

  private constructor(programs: ProviderPrograms) {
    this.programs = programs;
  }

  static async open(): Promise<ProviderStage> {
    return new ProviderStage(await providerPrograms());
  }

  async close(): Promise<void> {
    await this.programs.remove();
    expect(this.lines.join('\n')).to.not.include(secret);
  }

  sourceOf(providers: () => readonly Provider[], options: SourceOptions = {}): CredentialProviders {
    return new CredentialProviders(
      { current: async () => Promise.resolve(providers()) },
      {
        binDir: this.programs.folder,
        environment: { PATH: '/usr/bin:/bin' },
        turns: new ProgramTurns(8),
        parseDuration,
        clock: this.clock,
        log: createJsonLog({ write: (line) => this.lines.push(line) }, 5),
        counters: noCounters,
        ...options,
      },
    );
  }

  /** The provider `one`, which always gives this answer. */
  async one(answer: Answer, provider: Partial<ConfiguredProvider> = {}): Promise<CredentialProviders> {
    await this.programs.write('one', answering(answer));
    const providers = configured({ name: 'one', matchImages: ['*.io', '*.io:5000'], ...provider });
    return this.sourceOf(() => providers);
  }
}

export function configured(...providers: readonly ConfiguredProvider[]): readonly Provider[] {
  return parseProviderConfig(Buffer.from(providerConfig(...providers)), { file: 'providers.json', parseDuration });
}

export async function ask(
  source: CredentialProviders,
  image: string,
  remembered = false,
): Promise<readonly Candidate[]> {
  return (await source.candidatesFor(parseReference(image), { signal: undefined, remembered })).candidates;
}

/** Logins in the open, and why others are broken. */
export function shown(candidates: readonly Candidate[]): readonly unknown[] {
  return candidates.map((candidate) => (candidate.kind === 'login' ? openly(candidate.login) : candidate.reason));
}
