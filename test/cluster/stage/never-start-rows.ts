import type { Behaviour } from '../../support/node/behaviour.ts';

export interface NeverStartRow {
  readonly name: string;
  readonly title: string;
  readonly behaviour: Behaviour;
  /** The status that shows it. */
  readonly shown: RegExp;
  readonly status: string;
  readonly reason: string;
  readonly message: RegExp;
  readonly hint: RegExp;
}

const pull = (name: string, title: string, text: string, reason: string, hint: RegExp): NeverStartRow => {
  const status = { POD_PULL_DENIED: 'PERMISSION_DENIED', POD_PULL_NOT_FOUND: 'NOT_FOUND' }[reason];
  return {
    name,
    title,
    behaviour: { kind: 'pull-fails', message: `rpc error: code = Unknown desc = failed to pull image: ${text}` },
    shown: /ErrImagePull/,
    status: status ?? 'FAILED_PRECONDITION',
    reason,
    message: /(?:ErrImagePull|ImagePullBackOff): .*failed to pull image/,
    hint,
  };
};

const waits = (name: string, reason: string, message: string, hint: RegExp): NeverStartRow => ({
  name,
  title: reason,
  behaviour: { kind: 'waits', reason, message },
  shown: new RegExp(`"reason":"${reason}"`),
  status: 'FAILED_PRECONDITION',
  reason: 'POD_START',
  message: new RegExp(`${reason}: ${message}`),
  hint,
});

/** What nodes say of pods that can never start. */
export const neverStartRows: readonly NeverStartRow[] = [
  pull('p401', 'a pull with 401', 'unexpected status: 401 Unauthorized', 'POD_PULL_DENIED', /credentials/),
  pull(
    'p403',
    'a pull with 403',
    'unexpected status from HEAD request: 403 Forbidden',
    'POD_PULL_DENIED',
    /credentials/,
  ),
  pull('p404', 'a pull with 404', 'manifest unknown: not found', 'POD_PULL_NOT_FOUND', /has this image/),
  pull(
    'px509',
    'a pull with x509',
    'x509: certificate signed by unknown authority',
    'POD_START',
    /CA of this registry/,
  ),
  waits('name', 'InvalidImageName', 'invalid reference format', /Correct the image name/),
  waits('config', 'CreateContainerConfigError', 'secret "tokens" not found', /Create what/),
  waits('create', 'CreateContainerError', 'failed to generate spec: no command specified', /kubectl logs/),
  waits(
    'run',
    'RunContainerError',
    'exec: "/wrapper-server-tools/wrapper-server": no such file',
    /first init container/,
  ),
  {
    name: 'crash',
    title: 'a crash loop',
    behaviour: { kind: 'crashes', exitCode: 3 },
    shown: /CrashLoopBackOff/,
    status: 'FAILED_PRECONDITION',
    reason: 'POD_START',
    message: /CrashLoopBackOff: exit code 3/,
    hint: /kubectl logs --previous/,
  },
  {
    name: 'memory',
    title: 'a container that is killed for its memory as it starts',
    behaviour: { kind: 'crashes', exitCode: 137, reason: 'OOMKilled' },
    shown: /OOMKilled/,
    status: 'RESOURCE_EXHAUSTED',
    reason: 'FUNCTION_LIMIT',
    message: /OOMKilled: exit code 137/,
    hint: /Raise the memory limit/,
  },
];
