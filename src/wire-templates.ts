import type { Options } from './config/options.ts';
import type { ApiObject } from './kubernetes/object.ts';
import { configMaps, podTemplates, serviceTemplates } from './kubernetes/resources.ts';
import type { Store } from './kubernetes/store.ts';
import { WatchedStore } from './kubernetes/watched-store.ts';
import { podTemplateName, serviceTemplateName } from './pods/plan/template-names.ts';
import { TemplateSources } from './pods/plan/template-sources.ts';
import type { Cluster } from './wire-cluster.ts';
import type { Surroundings } from './wire-resolver.ts';

/** What function pods and their Services are made from, as flags and cluster say. */
export async function wireTemplates(
  options: Options,
  cluster: Cluster,
  surroundings: Surroundings,
): Promise<TemplateSources> {
  const { log } = surroundings;
  const { podNamespace, functionPodTemplate } = options;
  const sources = new TemplateSources({
    configMap:
      functionPodTemplate === ''
        ? undefined
        : {
            name: functionPodTemplate,
            store: await cluster.open(configMaps(cluster.access.namespace), functionPodTemplate),
          },
    podTemplates: await cluster.open(podTemplates(podNamespace), podTemplateName),
    // Not opened here: it is for the sources to say what a cluster without the kind means.
    serviceTemplates:
      options.podAddress === 'service' ? watchedServiceTemplate(options, cluster, surroundings) : undefined,
    log,
  });
  await sources.start();
  return sources;
}

function watchedServiceTemplate(
  { podNamespace }: Options,
  { api }: Cluster,
  { log, counters, overrides }: Surroundings,
): Store<ApiObject> {
  const fieldSelector = `metadata.name=${serviceTemplateName}`;
  const { clock } = overrides;
  return new WatchedStore({
    api,
    resource: serviceTemplates(podNamespace),
    fieldSelector,
    log,
    counters,
    ...(clock && { clock }),
  });
}
