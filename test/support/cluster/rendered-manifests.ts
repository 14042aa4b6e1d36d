import { parseAllDocuments } from 'yaml';
import { jsonAt } from '../json-at.ts';
import { runProgram } from '../program.ts';
import { clusterPrograms } from './cluster-programs.ts';

/** The folders that `kubectl apply -k` takes. */
export const manifestFolders = ['manifests/pods', 'manifests/private-registries', 'manifests/local'] as const;

/** The objects that `kubectl kustomize` makes of a folder. */
export async function renderedManifests(folder: string): Promise<readonly unknown[]> {
  const { kubectl } = await clusterPrograms();
  const result = await runProgram(kubectl, ['kustomize', folder]);
  if (result.exitCode !== 0) throw new Error(`kubectl kustomize ${folder}: ${result.stderr}`);
  if (result.stderr !== '') throw new Error(`kubectl kustomize ${folder} warns: ${result.stderr}`);
  return parseAllDocuments(result.stdout).map((document) => {
    const object: unknown = document.toJS();
    return object;
  });
}

/** Those of one kind. */
export function ofKind(objects: readonly unknown[], kind: string): readonly unknown[] {
  return objects.filter((object) => jsonAt(object, 'kind') === kind);
}
