import { Planner, type PlannerOptions } from '../../../src/pods/plan/planner.ts';
import type { PodSettings } from '../../../src/pods/plan/pod-settings.ts';
import { inlineServiceTemplate, inlineTemplate } from '../../../src/pods/plan/inline-template.ts';
import { parsePodTemplate } from '../../../src/pods/plan/parse-pod-template.ts';
import type { TemplateVersion } from '../../../src/pods/plan/template-version.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { defaultImagePrefix } from './resolution-of.ts';

export const settings: PodSettings = {
  namespace: 'porch-fn-system',
  maxPods: 1,
  maxWaitlist: 2,
  ttlMs: 1_800_000,
  pinImageDigest: true,
  imagePullPolicy: 'IfNotPresent',
  serviceAccount: '',
  readOnlyRoot: true,
  podAddress: 'ip',
  wrapperServerImage: 'registry.example/wrapper:v1',
  maxRequestBodySize: 6_291_456,
};

export const inlineVersion: TemplateVersion = {
  template: inlineTemplate,
  serviceTemplate: undefined,
  version: 'inline',
  source: 'built in',
  isInline: true,
};

export const serviceVersion: TemplateVersion = { ...inlineVersion, serviceTemplate: inlineServiceTemplate };

/** A template as a user has it. */
export function userVersion(raw: JsonObject, version = 'v1'): TemplateVersion {
  return { ...inlineVersion, template: parsePodTemplate(raw, 'a template', ''), version, isInline: false };
}

export function plannerWith(
  given: Partial<Omit<PlannerOptions, 'settings'>> & { readonly settings?: Partial<PodSettings> } = {},
): Planner {
  return new Planner({
    templates: { current: () => inlineVersion },
    functionConfigs: undefined,
    pullSecrets: undefined,
    defaultImagePrefix,
    ...given,
    settings: { ...settings, ...given.settings },
  });
}
