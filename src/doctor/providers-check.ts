import { join, resolve } from 'node:path';
import { parseDuration } from '../config/duration.ts';
import { readFirst } from '../core/mounted-file-read.ts';
import type { Provider } from '../credentials/provider/provider-config.ts';
import type { Check } from './check.ts';
import type { Patient } from './patient.ts';
import { failed, ok, problem, type Remark, skipped } from './remark.ts';

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
      const { checkPrograms } = await import('../credentials/provider/provider-programs.ts');
      const { listProviderFiles } = await import('../credentials/provider/provider-files.ts');
      const folder = resolve(imageCredentialProviderBinDir);
      const remarks: Remark[] = [];
      for (const path of await listProviderFiles(file)) {
        const read = await readFirst([path], 'credential-providers');
        if (read === undefined) return [problem(path, 'there is no such file', "Mount the kubelet's own file there.")];
        for (const provider of parseProviderConfig(read.bytes, { file: path, parseDuration })) {
          const check = (): void => {
            checkPrograms([provider], folder, path);
          };
          remarks.push(programRemark(provider, folder, check));
        }
      }
      return remarks;
    },
  };
}

function programRemark(provider: Provider, folder: string, check: () => void): Remark {
  const { name, matchImages } = provider;
  try {
    check();
    const { length } = matchImages;
    return ok(
      name,
      `${join(folder, name)}; asked about images of ${length === 1 ? '1 pattern' : `${String(length)} patterns`}`,
    );
  } catch (thrown) {
    return failed(name, thrown);
  }
}
