import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('programs/build.sh', import.meta.url));
const names = ['kube-apiserver', 'etcd', 'kubectl'] as const;

/** Absolute path of each program that makes a test cluster. */
export type ClusterPrograms = Readonly<Record<(typeof names)[number], string>>;

let found: Promise<ClusterPrograms> | undefined;

/**
 * The programs of the folder `KUBEBUILDER_ASSETS`, else those built from `programs/`, once per machine: that takes
 * minutes the first time, so the global setup of the cluster tests asks first.
 */
export async function clusterPrograms(): Promise<ClusterPrograms> {
  found ??= findPrograms();
  return found;
}

/** What of the three `folder` lacks. */
export function missingPrograms(folder: string): readonly string[] {
  return names.filter((name) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return false;
    } catch {
      return true;
    }
  });
}

async function findPrograms(): Promise<ClusterPrograms> {
  const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';
  const folder = assets === '' ? await builtFolder() : assets;
  const missing = missingPrograms(folder);
  if (missing.length > 0) throw new Error(`${folder} has no ${missing.join(' and no ')}`);
  return {
    'kube-apiserver': join(folder, 'kube-apiserver'),
    etcd: join(folder, 'etcd'),
    kubectl: join(folder, 'kubectl'),
  };
}

/** The script says on stderr what it does, and has a limit of time of its own. */
async function builtFolder(): Promise<string> {
  const child = spawn('sh', [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  const code: unknown = (await once(child, 'close'))[0];
  if (code !== 0) throw new Error(`the programs of the test cluster could not be built: exit code ${String(code)}`);
  return stdout.trim();
}
