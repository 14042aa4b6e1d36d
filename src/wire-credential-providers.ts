import { resolve } from 'node:path';
import { parseDuration } from './config/duration.ts';
import type { Options } from './config/options.ts';
import { systemClock } from './core/clock.ts';
import { MountedFile } from './core/mounted-file.ts';
import type { CandidateSource } from './credentials/credential-source.ts';
import { programEnvironment } from './credentials/program/program-environment.ts';
import { ProgramTurns } from './credentials/program/program-turns.ts';
import { CredentialProviders } from './credentials/provider/credential-providers.ts';
import { parseProviderConfig, type Provider } from './credentials/provider/provider-config.ts';
import { checkPrograms } from './credentials/provider/provider-programs.ts';
import type { Surroundings } from './wire-resolver.ts';

const maxRunning = 8;

/**
 * The programs of `--image-credential-provider-config`, which is read anew when it is replaced.
 *
 * @throws {RunnerError} `CFG_SHAPE`, `CFG_OPTION` naming the file and the provider
 */
export async function wireCredentialProviders(
  options: Options,
  { environment, log, counters, overrides }: Surroundings,
): Promise<CandidateSource> {
  const { clock = systemClock } = overrides;
  const binDir = resolve(options.imageCredentialProviderBinDir);
  const file = new MountedFile<readonly Provider[]>({
    paths: [options.imageCredentialProviderConfig],
    parse: (bytes, path) => {
      const warn = (warning: string): void => {
        log.warn('image credential providers', { file: path, warning });
      };
      const providers = parseProviderConfig(bytes, { file: path, parseDuration, warn });
      checkPrograms(providers, binDir, path);
      return providers;
    },
    initial: undefined,
    kind: 'credential-providers',
    log,
    counters,
    clock,
  });
  await file.load();
  return new CredentialProviders(file, {
    binDir,
    environment: programEnvironment(environment),
    turns: new ProgramTurns(maxRunning),
    parseDuration,
    clock,
    log,
    counters,
  });
}
