import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { mergeContainer, mergeObjects } from './merge.ts';
import { functionContainer, type PodSpec } from './pod-template.ts';

/** What a FunctionConfig changes about the pods of its function. */
export interface PodOverrides {
  readonly serviceAccountName?: string | undefined;
  /** Of the pod. */
  readonly securityContext?: JsonObject | undefined;
  /** Of the container that copies the in-pod server. */
  readonly initContainer?: JsonObject | undefined;
  /** Of the container that runs the function. */
  readonly container?: JsonObject | undefined;
}

/** @param tokenOnRequest whether naming a service account gives the pod its token, as it does where the template is ours */
export function applyOverrides(spec: PodSpec, overrides: PodOverrides, tokenOnRequest: boolean): PodSpec {
  const { serviceAccountName = '', securityContext, initContainer, container } = overrides;
  const [copy, ...others] = spec.initContainers;
  const { automountServiceAccountToken, ...rest } = spec;
  const keepsToken = automountServiceAccountToken !== undefined && !(tokenOnRequest && serviceAccountName !== '');
  return {
    ...rest,
    ...(keepsToken && { automountServiceAccountToken }),
    ...(serviceAccountName !== '' && { serviceAccountName }),
    ...(securityContext !== undefined && {
      securityContext: mergeObjects(objectOf(spec['securityContext']), securityContext),
    }),
    initContainers: [mergeContainer(copy, initContainer), ...others],
    containers: spec.containers.map((each) =>
      each.name === functionContainer ? mergeContainer(each, container) : each,
    ),
  };
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
