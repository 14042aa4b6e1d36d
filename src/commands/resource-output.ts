import { Document, isMap, isSeq, parseDocument, type YAMLMap } from 'yaml';
import { RunnerError } from '../core/errors.ts';
import { losslessYaml } from './krm-yaml.ts';
import type { SequenceStyles } from './resource-list.ts';

const pathAnnotation = 'internal.config.kubernetes.io/path';

/** Annotations that say where a resource is from; they are between us and the function. */
const internalAnnotations = ['internal.config.kubernetes.io', 'config.kubernetes.io']
  .flatMap((prefix) => ['path', 'index', 'id', 'seqindent'].map((name) => `${prefix}/${name}`))
  .concat('config.k8s.io/id');

/**
 * The resources of a function's ResourceList as a stream of YAML documents, without the annotations that were added.
 *
 * @param indented Files whose lists stand deeper than their key, to print them as they were.
 *
 * @throws {RunnerError} `FUNCTION_OUTPUT`
 */
export function resourcesText(output: string, indented: SequenceStyles): string {
  const list = parseDocument(output, losslessYaml);
  const [error] = list.errors;
  const items = list.get('items');
  if (error !== undefined)
    throw new RunnerError('FUNCTION_OUTPUT', `the output of the function is no YAML: ${error.message}`);
  const resources = isSeq(items) ? items.items.filter((item) => isMap(item)) : [];
  return resources.map((resource) => documentText(resource, indented)).join('---\n');
}

function documentText(resource: YAMLMap, indented: SequenceStyles): string {
  const path = resource.getIn(['metadata', 'annotations', pathAnnotation]);
  const indentSeq = indented.get(typeof path === 'string' ? path : '') ?? false;
  for (const name of internalAnnotations) resource.deleteIn(['metadata', 'annotations', name]);
  const annotations = resource.getIn(['metadata', 'annotations']);
  if (isMap(annotations) && annotations.items.length === 0) resource.deleteIn(['metadata', 'annotations']);
  const document = new Document(undefined, losslessYaml);
  document.contents = resource;
  return document.toString({ lineWidth: 0, indentSeq });
}
