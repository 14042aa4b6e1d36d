import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtFolder } from '../go-program/built-folder.ts';

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
  const folder = assets === '' ? await builtFolder(script) : assets;
  const missing = missingPrograms(folder);
  if (missing.length > 0) throw new Error(`${folder} has no ${missing.join(' and no ')}`);
  return {
    'kube-apiserver': join(folder, 'kube-apiserver'),
    etcd: join(folder, 'etcd'),
    kubectl: join(folder, 'kubectl'),
  };
}
