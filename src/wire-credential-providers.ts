import { resolve } from 'node:path';
import { parseDuration } from './config/duration.ts';
import type { Options } from './config/options.ts';
import { systemClock } from './core/clock.ts';
import { MountedFile } from './core/mounted-file.ts';
import type { CandidateSource } from './credentials/credential-source.ts';
import { programEnvironment } from './credentials/program/program-environment.ts';
import { ProgramTurns } from './credentials/program/program-turns.ts';
import { CredentialProviders } from './credentials/provider/credential-providers.ts';
import { listProviderFiles, ProviderFiles } from './credentials/provider/provider-files.ts';
import { parseProviderConfig, type Provider } from './credentials/provider/provider-config.ts';
import { checkPrograms } from './credentials/provider/provider-programs.ts';
import type { Surroundings } from './wire-resolver.ts';

const maxRunning = 8;

/**
 * The programs of `--image-credential-provider-config`. A file is read anew when it is replaced; which ones there are in a
 * folder, at the start only.
 *
 * @throws {RunnerError} `CFG_SHAPE`, `CFG_OPTION` naming the file and the provider
 */
export async function wireCredentialProviders(
  options: Options,
  { environment, log, counters, overrides }: Surroundings,
): Promise<CandidateSource> {
  const { clock = systemClock } = overrides;
  const binDir = resolve(options.imageCredentialProviderBinDir);
  const warn = (file: string, warning: string): void => {
    log.warn('image credential providers', { file, warning });
  };
  const open = (path: string): MountedFile<readonly Provider[]> =>
    new MountedFile({
      paths: [path],
      parse: (bytes, file) => {
        const providers = parseProviderConfig(bytes, { file, parseDuration, warn: (text) => warn(file, text) });
        checkPrograms(providers, binDir, file);
        return providers;
      },
      initial: undefined,
      kind: 'credential-providers',
      log,
      counters,
      clock,
    });
  const { imageCredentialProviderConfig: config } = options;
  const paths = await listProviderFiles(config);
  const opened = paths.map((path) => ({ path, file: open(path) }));
  for (const { file } of opened) await file.load();
  const files = new ProviderFiles(
    opened.map(({ path, file }) => ({ path, current: async () => file.current() })),
    (text) => warn(config, text),
  );
  await files.current();
  return new CredentialProviders(files, {
    binDir,
    environment: programEnvironment(environment),
    turns: new ProgramTurns(maxRunning),
    parseDuration,
    clock,
    log,
    counters,
  });
}
