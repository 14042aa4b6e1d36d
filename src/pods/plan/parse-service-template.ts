import type { JsonObject } from '../../core/json.ts';
import { inPodPort, type ServiceTemplate } from './pod-template.ts';
import { TemplateReader } from './template-reader.ts';

/**
 * Reads what a Service has: `metadata` and `spec`.
 *
 * @param source names the object in messages
 * @param path of the two within it, empty or ending in a dot
 * @throws {RunnerError} `POD_TEMPLATE` naming the object and the field
 */
export function parseServiceTemplate(raw: JsonObject, source: string, path: string): ServiceTemplate {
  const reader = new TemplateReader(source);
  const metadata = reader.object(raw, 'metadata', `${path}metadata`);
  const spec = reader.object(raw, 'spec', `${path}spec`);
  reader.textMap(spec, 'selector', `${path}spec.selector`);
  const ports = reader.objects(spec, 'ports', `${path}spec.ports`) ?? [];
  if (!ports.some(({ port }) => port === inPodPort)) {
    throw reader.fault(`${path}spec.ports`, `has no port ${String(inPodPort)}, which function pods are called at`);
  }
  return {
    labels: reader.textMap(metadata, 'labels', `${path}metadata.labels`),
    annotations: reader.textMap(metadata, 'annotations', `${path}metadata.annotations`),
    spec,
  };
}
