import type { Target } from './target.ts';

/** What the double answers instead of what was asked: a Status. Shapes: Kubernetes API, meta/v1 Status. */
export class Refusal extends Error {
  readonly code: number;
  readonly reason: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: number, reason: string, message: string, retryAfterSeconds?: number) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  status(): Readonly<Record<string, unknown>> {
    const { code, reason, message } = this;
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  }
}

function kindOf({ group, resource }: Target): string {
  return group === '' ? resource : `${resource}.${group}`;
}

export function notFound(target: Target): Refusal {
  return new Refusal(404, 'NotFound', `${kindOf(target)} "${target.name}" not found`);
}

export function alreadyExists(target: Target, name: string): Refusal {
  return new Refusal(409, 'AlreadyExists', `${kindOf(target)} "${name}" already exists`);
}

export function conflict(target: Target, why: string): Refusal {
  return new Refusal(409, 'Conflict', `Operation cannot be fulfilled on ${kindOf(target)} "${target.name}": ${why}`);
}

export function invalid(target: Target, name: string, why: string): Refusal {
  return new Refusal(422, 'Invalid', `${kindOf(target)} "${name}" is invalid: ${why}`);
}

export function badRequest(message: string): Refusal {
  return new Refusal(400, 'BadRequest', message);
}

export function gone(): Refusal {
  return new Refusal(410, 'Expired', 'too old resource version');
}

export function forbidden(target: Target, user: string): Refusal {
  const { verb, resource, subresource, group, namespace, name } = target;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return new Refusal(
    403,
    'Forbidden',
    `${kindOf(target)}${name === '' ? '' : ` "${name}"`} is forbidden: User "${user}" cannot ${verb} resource "${what}" in API group "${group}" ${where}`,
  );
}
