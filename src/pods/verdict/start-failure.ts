import type { ErrorCode } from '../../core/errors.ts';
import type { ContainerState, ContainerStatus } from '../../kubernetes/pod.ts';
import { mayPass, pullFailure } from './pull-failure.ts';

/** Why a container will never run. */
export interface StartFailure {
  readonly code: Extract<ErrorCode, 'POD_PULL_DENIED' | 'POD_PULL_NOT_FOUND' | 'POD_START' | 'FUNCTION_LIMIT'>;
  /** In the words of the status. */
  readonly reason: string;
  readonly message: string;
  readonly hint: string;
}

type Terminated = Extract<ContainerState, { readonly kind: 'terminated' }>;

/** What to do where the log of a container is all that tells more. */
export const logHint =
  'The pod is deleted, and kubectl logs --previous tells nothing then: with terminationMessagePolicy FallbackToLogsOnError in the pod template, the end of the log is shown here.';

const hints = {
  denied:
    'Give the nodes credentials for this registry: put them into the mounted registry secret and set --enable-private-registries, or name a pull secret by --pull-secrets, in the FunctionConfig or at the service account.',
  'not-found':
    'Check that the registry, or the mirror that the nodes pull from, has this image; the runner itself has found it.',
  certificate:
    "Give the nodes' container runtime the CA of this registry, for containerd and CRI-O in certs.d/HOST:PORT/ca.crt; certificates of the runner do not reach the nodes.",
  'client-certificate':
    "Give the nodes' container runtime a client certificate for this registry, in certs.d/HOST:PORT with its hosts.toml for containerd; that of the runner does not reach the nodes.",
  plaintext:
    'Tell the nodes\' container runtime that this registry has no TLS: server = "http://HOST:PORT" in certs.d/HOST:PORT/hosts.toml for containerd, insecure = true in registries.conf for CRI-O; --insecure-registries is for the runner alone.',
  platform:
    'Build the image for the architecture of the nodes, or bind function pods to other nodes in the pod template.',
  memory: 'Raise the memory limit in the pod template or FunctionConfig.',
} as const;

/** @returns undefined while it may still come up */
export function startFailure(status: ContainerStatus): StartFailure | undefined {
  const { state, lastState } = status;
  switch (state.kind) {
    case 'waiting':
      return waitingFailure(state.reason, state.message, lastState);
    case 'terminated':
      return finalExit(state);
    case 'running':
    case 'unknown':
      return undefined;
  }
}

/** https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/images/types.go and pkg/kubelet/kuberuntime */
function waitingFailure(reason: string, message: string, lastState: ContainerState): StartFailure | undefined {
  switch (reason) {
    case 'InvalidImageName':
      return { code: 'POD_START', reason, message, hint: 'Correct the image name.' };
    case 'ErrImageNeverPull': {
      const hint =
        'Load the image onto the nodes, or let them pull it: --image-pull-policy=IfNotPresent, for one function the annotation fn.kpt.dev/image-pull-policy of its FunctionConfig.';
      return { code: 'POD_START', reason, message, hint };
    }
    case 'SignatureValidationFailed':
      return { code: 'POD_START', reason, message, hint: 'Sign the image as the policy of the nodes demands.' };
    case 'ErrImagePull':
    case 'ImagePullBackOff':
    case 'RegistryUnavailable':
      return notPulled(reason, message);
    case 'CreateContainerConfigError':
    case 'CreateContainerError':
    case 'PreCreateHookError':
    case 'PreStartHookError':
    case 'PostStartHookError':
    case 'RunContainerError':
      return mayPass(message) ? undefined : { code: 'POD_START', reason, message, hint: startHint(message) };
    case 'CrashLoopBackOff':
      return crashLoop(message, lastState);
    default:
      return undefined;
  }
}

function notPulled(reason: string, message: string): StartFailure | undefined {
  const failure = pullFailure(message);
  switch (failure) {
    case undefined:
      return undefined;
    case 'denied':
      return { code: 'POD_PULL_DENIED', reason, message, hint: hints.denied };
    case 'not-found':
      return { code: 'POD_PULL_NOT_FOUND', reason, message, hint: hints['not-found'] };
    case 'certificate':
    case 'client-certificate':
    case 'plaintext':
    case 'platform':
      return { code: 'POD_START', reason, message, hint: hints[failure] };
  }
}

function crashLoop(message: string, lastState: ContainerState): StartFailure {
  if (lastState.kind !== 'terminated') return { code: 'POD_START', reason: 'CrashLoopBackOff', message, hint: logHint };
  const final = finalExit(lastState);
  if (final !== undefined) return final;
  const text = `${exitText(lastState)}; ${message}`;
  return { code: 'POD_START', reason: 'CrashLoopBackOff', message: text, hint: startHint(lastState.message) };
}

/** An end that another start would not change. */
function finalExit(state: Terminated): StartFailure | undefined {
  switch (state.reason) {
    case 'OOMKilled':
      return { code: 'FUNCTION_LIMIT', reason: state.reason, message: exitText(state), hint: hints.memory };
    case 'StartError':
    case 'ContainerCannotRun': {
      const { reason, message } = state;
      return {
        code: 'POD_START',
        reason,
        message: message === '' ? exitText(state) : message,
        hint: startHint(message),
      };
    }
    default:
      return undefined;
  }
}

/** What a container that ended says about it. */
export function exitText({ exitCode, message }: Terminated): string {
  return `exit code ${String(exitCode)}${message === '' ? '' : `: ${message}`}`;
}

/** In the words of kubelet and runc. */
function startHint(message: string): string {
  if (/runAsNonRoot|non-root/.test(message)) {
    return 'The image runs as root or as a user without a number: give runAsUser in the pod template or FunctionConfig, or do not ask for runAsNonRoot.';
  }
  if (/exec format error/.test(message)) {
    return 'The program is for another architecture than the node: give WRAPPER_SERVER_IMAGE and the function an image for it.';
  }
  if (/wrapper-server/.test(message)) {
    return 'The in-pod server is not where it should be: the first init container of the pod template has to copy it to /wrapper-server-tools.';
  }
  if (/\b(?:secret|configmap) .*not found/i.test(message)) {
    return 'Create what the pod template or FunctionConfig refers to in the namespace of function pods.';
  }
  return logHint;
}
