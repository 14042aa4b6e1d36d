import type { JsonObject } from '../core/json.ts';
import type { Resource } from './api.ts';
import type { ApiObject } from './object.ts';
import { objectAt, parseMeta } from './object-meta.ts';

/** One thing that somebody wants to do. */
export interface AccessQuestion {
  readonly namespace: string;
  readonly verb: string;
  readonly group: string;
  /** With its subresource, like `pods/status`. */
  readonly resource: string;
  /** Of one object; without it, of any. */
  readonly name?: string | undefined;
}

/** Answer to one such question. */
export interface AccessAnswer extends ApiObject {
  readonly isAllowed: boolean;
}

/** Created, it is answered and not kept. Shapes: Kubernetes API, authorization/v1 SelfSubjectAccessReview. */
export const accessAnswers: Resource<AccessAnswer> = {
  name: 'selfsubjectaccessreviews',
  group: 'authorization.k8s.io',
  namespace: '',
  path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
  parse: (raw) => ({ metadata: parseMeta(raw), raw, isAllowed: objectAt(raw, 'status')['allowed'] === true }),
};

export function accessQuestionBody({ namespace, verb, group, resource, name }: AccessQuestion): JsonObject {
  const [kind = '', subresource] = resource.split('/');
  const attributes = { namespace, verb, group, resource: kind, subresource, name };
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: attributes },
  };
}
