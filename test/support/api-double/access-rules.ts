import type { Target } from './target.ts';

/** A rule of a Role. Shapes: Kubernetes API, rbac/v1 PolicyRule. */
export interface AccessRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  /** Of any name when empty or absent. */
  readonly resourceNames?: readonly string[];
  /** In any namespace when absent. */
  readonly namespace?: string;
}

export const everything: readonly AccessRule[] = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }];

/** Who a bearer token is, and what that user may do. */
export interface AccessUser {
  readonly name: string;
  readonly rules: readonly AccessRule[];
}

export function isAllowed(rules: readonly AccessRule[], target: Target): boolean {
  const resource = target.subresource === '' ? target.resource : `${target.resource}/${target.subresource}`;
  return rules.some(
    (rule) =>
      covers(rule.verbs, target.verb) &&
      covers(rule.apiGroups, target.group) &&
      covers(rule.resources, resource) &&
      (rule.namespace ?? target.namespace) === target.namespace &&
      (rule.resourceNames === undefined || rule.resourceNames.length === 0 || rule.resourceNames.includes(target.name)),
  );
}

function covers(values: readonly string[], value: string): boolean {
  return values.includes('*') || values.includes(value);
}
