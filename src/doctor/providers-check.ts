import { resolve } from 'node:path';
import { parseDuration } from '../config/duration.ts';
import { readFirst } from '../core/mounted-file-read.ts';
import { findProgram } from '../local/sandbox/find-program.ts';
import type { Check } from './check.ts';
import type { Patient } from './patient.ts';
import { ok, problem, type Remark, skipped } from './remark.ts';

/** The kubelet's own providers of registry credentials: the file, and each program. They are asked where an IMAGE matches. */
export function providersCheck({ options }: Patient): Check {
  const { imageCredentialProviderConfig: file, imageCredentialProviderBinDir } = options;
  return {
    name: 'providers',
    subject: file,
    timeoutMs: 5000,
    run: async () => {
      if (file === '') return [skipped('', 'not used without --image-credential-provider-config')];
      const { parseProviderConfig } = await import('../credentials/provider/provider-config.ts');
      const read = await readFirst([file], 'credential-providers');
      if (read === undefined) return [problem(file, 'there is no such file', "Mount the kubelet's own file there.")];
      const providers = parseProviderConfig(read.bytes, { file, parseDuration });
      const folder = resolve(imageCredentialProviderBinDir);
      return Promise.all(
        providers.map(async ({ name, matchImages }) => programRemark(name, folder, matchImages.length)),
      );
    },
  };
}

async function programRemark(name: string, folder: string, patterns: number): Promise<Remark> {
  const found = await findProgram(name, folder);
  if (found !== undefined) return ok(name, `${found}; asked about images of ${String(patterns)} patterns`);
  const fix = 'Put it there, in the image of the runner, or correct --image-credential-provider-bin-dir.';
  return problem(name, `there is no program ${name} in ${folder}`, fix);
}
