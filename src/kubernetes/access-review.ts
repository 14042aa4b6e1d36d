import type { JsonObject } from '../core/json.ts';
import type { Resource } from './api.ts';
import type { ApiObject } from './object.ts';
import { objectAt, objectsAt, parseMeta } from './object-meta.ts';

/** What somebody may do. Shapes: Kubernetes API, authorization/v1 ResourceRule. */
export interface AccessRule {
  readonly verbs: readonly string[];
  readonly groups: readonly string[];
  /** With their subresources, like `pods/status`. */
  readonly resources: readonly string[];
  /** Of any name when empty. */
  readonly names: readonly string[];
}

/** Answer to the question what we may do in a namespace. */
export interface AccessReview extends ApiObject {
  readonly rules: readonly AccessRule[];
  /** The server cannot tell all: there may be more that is allowed. */
  readonly incomplete: boolean;
}

/** Created, it is answered and not kept. */
export const accessReviews: Resource<AccessReview> = {
  name: 'selfsubjectrulesreviews',
  group: 'authorization.k8s.io',
  namespace: '',
  path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
  parse: parseReview,
};

export function accessReviewBody(namespace: string): JsonObject {
  return { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
}

/** Whether one of the rules allows it. Without a name it is for all names, which a rule for some does not allow. */
export function isAllowed(
  rules: readonly AccessRule[],
  wanted: {
    readonly verb: string;
    readonly group: string;
    readonly resource: string;
    readonly name?: string | undefined;
  },
): boolean {
  return rules.some(
    ({ verbs, groups, resources, names }) =>
      covers(verbs, wanted.verb) &&
      covers(groups, wanted.group) &&
      covers(resources, wanted.resource) &&
      (names.length === 0 || (wanted.name !== undefined && names.includes(wanted.name))),
  );
}

function covers(values: readonly string[], value: string): boolean {
  const subresource = value.split('/')[1];
  return (
    values.includes('*') || values.includes(value) || (subresource !== undefined && values.includes(`*/${subresource}`))
  );
}

function parseReview(raw: JsonObject): AccessReview {
  const status = objectAt(raw, 'status');
  return {
    metadata: parseMeta(raw),
    raw,
    rules: objectsAt(status, 'resourceRules').map((rule) => ({
      verbs: namesAt(rule, 'verbs'),
      groups: namesAt(rule, 'apiGroups'),
      resources: namesAt(rule, 'resources'),
      names: namesAt(rule, 'resourceNames'),
    })),
    incomplete: status['incomplete'] === true,
  };
}

function namesAt(raw: JsonObject, key: string): readonly string[] {
  const value = raw[key];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
