import { Document, isMap, isSeq, parseDocument, type YAMLMap } from 'yaml';
import { RunnerError } from '../core/errors.ts';
import { losslessYaml } from './krm-yaml.ts';

/** Annotations that say where a resource is from; they are between us and the function. */
const internalAnnotations = ['internal.config.kubernetes.io', 'config.kubernetes.io']
  .flatMap((prefix) => ['path', 'index', 'id', 'seqindent'].map((name) => `${prefix}/${name}`))
  .concat('config.k8s.io/id');

/**
 * The resources of a function's ResourceList as a stream of YAML documents, without the annotations that were added.
 *
 * @throws {RunnerError} `FUNCTION_OUTPUT`
 */
export function resourcesText(output: string): string {
  const list = parseDocument(output, losslessYaml);
  const [error] = list.errors;
  const items = list.get('items');
  if (error !== undefined)
    throw new RunnerError('FUNCTION_OUTPUT', `the output of the function is no YAML: ${error.message}`);
  const resources = isSeq(items) ? items.items.filter((item) => isMap(item)) : [];
  const indentSeq = indentsSequences(output);
  return resources.map((resource) => documentText(resource, indentSeq)).join('---\n');
}

function documentText(resource: YAMLMap, indentSeq: boolean): string {
  for (const name of internalAnnotations) resource.deleteIn(['metadata', 'annotations', name]);
  const annotations = resource.getIn(['metadata', 'annotations']);
  if (isMap(annotations) && annotations.items.length === 0) resource.deleteIn(['metadata', 'annotations']);
  const document = new Document(undefined, losslessYaml);
  document.contents = resource;
  return document.toString({ lineWidth: 0, indentSeq });
}

/** Whether a list within a resource stands deeper than its key, as the function wrote it. */
function indentsSequences(text: string): boolean {
  const body = text.slice(text.search(/^items:/m));
  const match = /^( {2,})(?!- )\S.*:\n( *)- /m.exec(body);
  return match !== null && (match[2]?.length ?? 0) > (match[1]?.length ?? 0);
}
