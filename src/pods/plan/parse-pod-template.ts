import type { JsonObject } from '../../core/json.ts';
import { type Container, functionContainer, type PodSpec, type PodTemplate } from './pod-template.ts';
import { TemplateReader } from './template-reader.ts';

/**
 * Reads a PodTemplateSpec: an object with `metadata` and `spec`. Checked is what a plan changes; the rest is the API
 * server's to judge.
 *
 * @param source names the object in messages
 * @param path of the PodTemplateSpec within it, empty or ending in a dot
 * @throws {RunnerError} `POD_TEMPLATE` naming the object and the field
 */
export function parsePodTemplate(raw: JsonObject, source: string, path: string): PodTemplate {
  const reader = new TemplateReader(source);
  const metadata = reader.object(raw, 'metadata', `${path}metadata`);
  if (raw['spec'] === undefined || raw['spec'] === null) throw reader.fault(`${path}spec`, 'is missing');
  return {
    labels: reader.textMap(metadata, 'labels', `${path}metadata.labels`),
    annotations: reader.textMap(metadata, 'annotations', `${path}metadata.annotations`),
    spec: parseSpec(reader, reader.object(raw, 'spec', `${path}spec`), `${path}spec`),
  };
}

function parseSpec(reader: TemplateReader, raw: JsonObject, path: string): PodSpec {
  const containersAt = (key: string): readonly Container[] =>
    reader.named(raw, key, `${path}.${key}`, (item, at) => parseContainer(reader, item, at)) ?? [];
  const containers = containersAt('containers');
  const functions = containers.filter(({ name }) => name === functionContainer).length;
  if (functions !== 1) {
    const problem = functions === 0 ? 'has no container' : 'has more than one container';
    throw reader.fault(`${path}.containers`, `${problem} called ${JSON.stringify(functionContainer)}`);
  }
  const [copy, ...others] = containersAt('initContainers');
  if (copy === undefined) {
    throw reader.fault(`${path}.initContainers`, 'is empty: its first one has to copy the in-pod server');
  }
  const volumes = reader.named(raw, 'volumes', `${path}.volumes`, (item) => item);
  const pullSecrets = reader.objects(raw, 'imagePullSecrets', `${path}.imagePullSecrets`);
  return {
    ...raw,
    initContainers: [copy, ...others],
    containers,
    ...(volumes !== undefined && { volumes }),
    ...(pullSecrets !== undefined && { imagePullSecrets: pullSecrets }),
    ...(raw['affinity'] !== undefined && { affinity: parseAffinity(reader, raw, `${path}.affinity`) }),
  };
}

/** Goes down to the node selector terms, which plans add to. */
function parseAffinity(reader: TemplateReader, spec: JsonObject, path: string): JsonObject {
  const affinity = reader.object(spec, 'affinity', path);
  const node = reader.object(affinity, 'nodeAffinity', `${path}.nodeAffinity`);
  const key = 'requiredDuringSchedulingIgnoredDuringExecution';
  const required = reader.object(node, key, `${path}.nodeAffinity.${key}`);
  reader.objects(required, 'nodeSelectorTerms', `${path}.nodeAffinity.${key}.nodeSelectorTerms`);
  return affinity;
}

function parseContainer(reader: TemplateReader, raw: JsonObject & { readonly name: string }, path: string): Container {
  const image = reader.text(raw, 'image', `${path}.image`);
  const args = reader.texts(raw, 'args', `${path}.args`);
  const env = reader.named(raw, 'env', `${path}.env`, (item) => item);
  const volumeMounts = reader.objects(raw, 'volumeMounts', `${path}.volumeMounts`);
  reader.texts(raw, 'command', `${path}.command`);
  reader.object(raw, 'securityContext', `${path}.securityContext`);
  return {
    ...raw,
    ...(image !== undefined && { image }),
    ...(args !== undefined && { args }),
    ...(env !== undefined && { env }),
    ...(volumeMounts !== undefined && { volumeMounts }),
  };
}
