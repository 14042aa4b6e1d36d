import { Document, isMap, type YAMLMap, YAMLSeq } from 'yaml';
import { RunnerError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { KrmFile } from './krm-files.ts';
import { indentsSequences } from './sequence-style.ts';
import { losslessYaml, parseMappings, quoted } from './krm-yaml.ts';

/** What a function is given, and whether the user gave it as a ResourceList already. */
export interface FunctionInput {
  readonly text: string;
  readonly wasResourceList: boolean;
  readonly indented: SequenceStyles;
}

/** By file path, empty for standard input: whether lists stand deeper than their key there. */
export type SequenceStyles = ReadonlyMap<string, boolean>;

const apiVersion = 'config.kubernetes.io/v1';

/**
 * The ResourceList of the files. Each resource says in annotations where it is from, also by their old names
 * (functions-spec.md, "internal.config.kubernetes.io/path"). A ResourceList among the files has to be alone and passes
 * as it is.
 *
 * @param functionConfig Replaces the one of a ResourceList.
 * @throws {RunnerError} `REQUEST_INVALID` naming the file.
 */
export function buildResourceList(
  files: readonly KrmFile[],
  functionConfig: YAMLMap | undefined,
  log: Log,
): FunctionInput {
  const resources = files.flatMap((file) => resourcesOf(file, log));
  const lists = resources.filter((resource) => resource.get('kind') === 'ResourceList');
  const [list] = lists;
  if (list !== undefined && resources.length > 1) {
    throw new RunnerError('REQUEST_INVALID', 'a ResourceList has to be the only input', {
      hint: 'Give the ResourceList alone, or resources only.',
    });
  }
  const document = new Document(undefined, losslessYaml);
  if (list === undefined) {
    const items = new YAMLSeq<YAMLMap>(document.schema);
    items.items.push(...resources);
    document.contents = document.createNode({ apiVersion, kind: 'ResourceList', items });
  } else {
    document.contents = list;
  }
  if (functionConfig !== undefined) document.set('functionConfig', functionConfig);
  const indented = new Map(files.map((file) => [file.path ?? '', indentsSequences(file.text) ?? false]));
  return { text: document.toString({ lineWidth: 0 }), wasResourceList: list !== undefined, indented };
}

/** A ConfigMap of `key=value` arguments, as kpt makes it. */
export function configMapOf(data: ReadonlyMap<string, string>): YAMLMap {
  const document = new Document(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'function-input' } },
    losslessYaml,
  );
  for (const [key, value] of data) document.setIn(['data', quoted(key)], quoted(value));
  if (!isMap(document.contents)) throw new TypeError('a mapping was expected');
  return document.contents;
}

function resourcesOf(file: KrmFile, log: Log): readonly YAMLMap[] {
  const mappings = parseMappings(file.text, file.shown);
  return mappings.filter((resource, index) => {
    if (typeof resource.get('kind') !== 'string' || typeof resource.get('apiVersion') !== 'string') {
      if (!file.found)
        throw new RunnerError('REQUEST_INVALID', `${file.shown}: no apiVersion and kind, so no Kubernetes resource`);
      log.warn('left out: no apiVersion and kind', { file: file.shown });
      return false;
    }
    if (resource.get('kind') !== 'ResourceList') annotate(resource, file, index);
    return true;
  });
}

function annotate(resource: YAMLMap, file: KrmFile, index: number): void {
  const metadata = resource.get('metadata');
  const annotations = isMap(metadata) ? metadata.get('annotations') : undefined;
  if (metadata === null || (metadata !== undefined && !isMap(metadata))) resource.delete('metadata');
  if (annotations !== undefined && !isMap(annotations)) resource.deleteIn(['metadata', 'annotations']);
  const set = (name: string, value: string): void => {
    for (const prefix of ['internal.config.kubernetes.io', 'config.kubernetes.io']) {
      resource.setIn(['metadata', 'annotations', `${prefix}/${name}`], quoted(value));
    }
  };
  if (file.path !== undefined) set('path', file.path);
  set('index', String(index));
}
