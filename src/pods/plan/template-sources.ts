import { isJsonObject } from '../../core/json.ts';
import type { Log } from '../../core/log.ts';
import { toRunnerError } from '../../core/errors.ts';
import { ApiError } from '../../kubernetes/api-error.ts';
import type { ApiObject } from '../../kubernetes/object.ts';
import type { ConfigMap, PodTemplate as PodTemplateObject } from '../../kubernetes/resources.ts';
import type { Store } from '../../kubernetes/store.ts';
import { inlineServiceTemplate, inlineTemplate } from './inline-template.ts';
import { parsePodTemplate } from './parse-pod-template.ts';
import { parseServiceTemplate } from './parse-service-template.ts';
import { isPorchDefault } from './porch-default.ts';
import type { PodTemplate, ServiceTemplate } from './pod-template.ts';
import { stableHash } from './stable-hash.ts';
import { podTemplateName, serviceTemplateName } from './template-names.ts';
import { readTemplateText } from './template-text.ts';
import type { PodTemplates, TemplateVersion } from './template-version.ts';

export interface TemplateSourcesOptions {
  /** The ConfigMap of `--function-pod-template`, in the runner's own namespace. */
  readonly configMap: { readonly name: string; readonly store: Store<ConfigMap> } | undefined;
  /** Those of the pod namespace. */
  readonly podTemplates: Store<PodTemplateObject>;
  /** Those of the pod namespace; undefined where pods get no Services. */
  readonly serviceTemplates: Store<ApiObject> | undefined;
  readonly log: Log;
}

const unhardened =
  'function pods are not hardened: the stored template is the default of Porch; delete it to have the built-in one';

interface Found<T> {
  readonly template: T;
  readonly source: string;
}

/**
 * The first template found of: the ConfigMap's, the PodTemplate `base-pod-template`, our own. Where one that worked is
 * changed into a malformed one, the log says so and the one that worked stays in force.
 */
export class TemplateSources implements PodTemplates {
  readonly #options: TemplateSourcesOptions;
  #good: TemplateVersion | undefined;
  #isStale = true;
  #unsubscribe: readonly (() => void)[] = [];

  constructor(options: TemplateSourcesOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { configMap, podTemplates, serviceTemplates } = this.#options;
    const stores = [configMap?.store, podTemplates, serviceTemplates].filter((store) => store !== undefined);
    this.#unsubscribe = stores.map((store) => store.subscribe(() => (this.#isStale = true)));
    const named = [configMap?.store, podTemplates].filter((store) => store !== undefined);
    await Promise.all([...named.map(async (store) => store.start()), this.#startServiceTemplates()]);
    this.#isStale = true;
    if (configMap !== undefined && configMap.store.get(configMap.name) === undefined) {
      this.#options.log.warn('the ConfigMap of --function-pod-template is not there', { configMap: configMap.name });
    }
    try {
      const { source, template } = this.current();
      this.#options.log.info('pod template', { source });
      if (isPorchDefault(template)) this.#options.log.warn(unhardened, { source });
    } catch (error) {
      this.#options.log.error('malformed pod template', { reason: toRunnerError(error).message });
    }
  }

  current(): TemplateVersion {
    if (!this.#isStale && this.#good !== undefined) return this.#good;
    try {
      this.#good = this.#unlessSame(this.#read());
    } catch (error) {
      if (this.#good === undefined) throw error;
      const { message } = toRunnerError(error);
      this.#options.log.error('malformed pod template: the one before it stays in force', { reason: message });
    }
    this.#isStale = false;
    return this.#good;
  }

  /** Clusters without Porch do not know the kind. */
  async #startServiceTemplates(): Promise<void> {
    try {
      await this.#options.serviceTemplates?.start();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      this.#options.log.info('the cluster has no ServiceTemplates: the built-in one is used');
    }
  }

  close(): void {
    for (const end of this.#unsubscribe) end();
    const { configMap, podTemplates, serviceTemplates } = this.#options;
    for (const store of [configMap?.store, podTemplates, serviceTemplates]) store?.close();
  }

  #read(): TemplateVersion {
    const pod = this.#fromConfigMap() ?? this.#fromPodTemplate() ?? { template: inlineTemplate, source: 'built in' };
    return {
      ...pod,
      serviceTemplate: this.#serviceTemplate(),
      version: stableHash(pod.template, 16),
      isInline: pod.template === inlineTemplate,
    };
  }

  #unlessSame(next: TemplateVersion): TemplateVersion {
    const before = this.#good;
    return before !== undefined && stableHash(before, 64) === stableHash(next, 64) ? before : next;
  }

  #fromConfigMap(): Found<PodTemplate> | undefined {
    const text = this.#configMapText('template');
    if (text === undefined) return undefined;
    const { raw, path } = readTemplateText(text.value, text.source, { plain: 'Pod', wrapped: 'PodTemplate' });
    return { template: parsePodTemplate(raw, text.source, path), source: text.source };
  }

  #fromPodTemplate(): Found<PodTemplate> | undefined {
    const object = this.#options.podTemplates.get(podTemplateName);
    if (object === undefined) return undefined;
    const source = `PodTemplate ${object.metadata.namespace}/${podTemplateName}`;
    return { template: parsePodTemplate(object.template, source, 'template.'), source };
  }

  #serviceTemplate(): ServiceTemplate | undefined {
    const { serviceTemplates } = this.#options;
    if (serviceTemplates === undefined) return undefined;
    const text = this.#configMapText('serviceTemplate');
    if (text !== undefined) {
      const { raw, path } = readTemplateText(text.value, text.source, { plain: 'Service', wrapped: 'ServiceTemplate' });
      return parseServiceTemplate(raw, text.source, path);
    }
    const object = serviceTemplates.get(serviceTemplateName);
    if (object === undefined) return inlineServiceTemplate;
    const { template } = object.raw;
    const source = `ServiceTemplate ${object.metadata.namespace}/${serviceTemplateName}`;
    return parseServiceTemplate(isJsonObject(template) ? template : {}, source, 'template.');
  }

  #configMapText(key: string): { readonly value: string; readonly source: string } | undefined {
    const { configMap } = this.#options;
    const object = configMap?.store.get(configMap.name);
    const value = object?.data[key];
    if (object === undefined || value === undefined) return undefined;
    return { value, source: `ConfigMap ${object.metadata.namespace}/${object.metadata.name}, key ${key}` };
  }
}
