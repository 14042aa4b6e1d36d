import { RunnerError } from '../../core/errors.ts';
import type { ApiError } from '../../kubernetes/api-error.ts';
import type { PodPlan } from '../pod-plan.ts';
import type { PodExit } from '../pod-verdict.ts';

interface Named {
  readonly image: string;
  /** Empty for a pod that is not there yet. */
  readonly podName: string;
}

/** The API server did not take the pod. Access that is missing and a server that is down keep their own errors. */
export function refusedError(error: ApiError, { image }: PodPlan, namespace: string): RunnerError {
  const isAccess = error.status === 401 || (error.status === 403 && / cannot create /.test(error.message));
  if (error.code === 'CLUSTER_UNAVAILABLE' || isAccess) return error.with({ image });
  return new RunnerError('POD_START', `the cluster refused the function pod for ${image}: ${error.message}`, {
    cause: error,
    image,
    hint: refusalHint(error, namespace),
  });
}

function refusalHint({ status, message }: ApiError, namespace: string): string {
  if (/exceeded quota|failed quota/.test(message)) {
    return `Raise the ResourceQuota of namespace ${namespace}, or lower the resources in the function pod template.`;
  }
  if (/PodSecurity/.test(message)) {
    return `Make the function pod template fit the Pod Security level of namespace ${namespace}.`;
  }
  if (status === 404) return `Create the namespace ${namespace}, or name another one by --pod-namespace.`;
  if (status === 422) return 'Correct the function pod template or the FunctionConfig: the message names the field.';
  return `Look at the admission policies of namespace ${namespace}, or change the function pod template to fit them.`;
}

/** `--pod-ready-timeout` is over. */
export function pendingError({ image, podName }: Named, waitedMs: number, lastMessage: string): RunnerError {
  const what = podName === '' ? 'the function pod' : `function pod ${podName}`;
  const waited = `${String(waitedMs / 1000)} s`;
  return new RunnerError('POD_PENDING', `${what} for ${image} is not ready after ${waited}: ${lastMessage}`, {
    image,
    hint:
      podName === ''
        ? 'Look at the API server; raise --pod-ready-timeout where it is slow.'
        : `Look at it with "kubectl describe pod ${podName}"; raise --pod-ready-timeout where pods start slowly.`,
  });
}

/** The call's own end came first: says what it waited for. */
export function endedWaiting(error: RunnerError, { image, podName }: Named, lastMessage: string): RunnerError {
  if (error.code !== 'DEADLINE') return error;
  const what = podName === '' ? 'the function pod' : `function pod ${podName}`;
  const message = `${error.message}; ${what} for ${image} was still starting: ${lastMessage}`;
  return new RunnerError('DEADLINE', message, { ...error.details, cause: error });
}

/** Pods came and went without ever serving. */
export function vanishedError({ image, podName }: Named): RunnerError {
  return new RunnerError('POD_START', `function pod ${podName} for ${image} ended before it served`, {
    image,
    hint: 'Look for what deletes or evicts pods of its namespace: "kubectl get events".',
  });
}

/** The function needs more memory than its pod may have: it would on any pod. */
export function outOfMemoryError({ image, podName }: Named): RunnerError {
  return new RunnerError(
    'FUNCTION_LIMIT',
    `function pod ${podName} for ${image} was killed while it ran the function: OOMKilled`,
    {
      image,
      hint: 'Raise the memory limit of the container "function" in the pod template or in the FunctionConfig.',
    },
  );
}

/** The second pod died under the same call. */
export function lostTwiceError({ image, podName }: Named, exit: PodExit | undefined, cause: RunnerError): RunnerError {
  const why = exit === undefined ? cause.message : exitText(exit);
  const message = `function pod ${podName} for ${image} was lost while it ran the function, the second one for this call: ${why}`;
  return new RunnerError('POD_LOST', message, {
    cause,
    image,
    hint: 'This input may end the in-pod server: try the function alone with it.',
  });
}

function exitText({ reason, exitCode, message }: PodExit): string {
  const code = exitCode === undefined ? '' : ` (exit code ${String(exitCode)})`;
  return `${reason}${code}${message === '' ? '' : `: ${message}`}`;
}

export function closedError(): RunnerError {
  return new RunnerError('SHUTTING_DOWN', 'the service is shutting down');
}

/** The API server did not answer to the creation of a pod for as long as a pod may take to start. */
export function launchTimeoutError(image: string, waitedMs: number): RunnerError {
  return new RunnerError(
    'CLUSTER_UNAVAILABLE',
    `no pod could be made for ${image} within ${String(waitedMs / 1000)} s`,
    {
      image,
      hint: 'Look at the API server.',
    },
  );
}
