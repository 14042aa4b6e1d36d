import type { ErrorCode } from '../../../src/core/errors.ts';
import type { Pod } from '../../../src/kubernetes/pod.ts';
import { denied, running, terminated, waiting, withFunction, withInit, wrapperImage } from './pod-of.ts';

const backOff = 'back-off 10s restarting failed container=function pod=fn-0_porch-fn-system(u1)';
const shim =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process:';

type HopelessRow = readonly [title: string, pod: Pod, code: ErrorCode, message: RegExp, hint: RegExp];

/** Statuses of pods that can never start. */
export const hopelessRows: readonly HopelessRow[] = [
  [
    'an image name that the kubelet cannot read',
    withFunction(
      running(waiting('InvalidImageName', 'Failed to apply default image tag "X": invalid reference format')),
    ),
    'POD_START',
    /^pod fn-0 on node node-1, image r\.example\/fn@sha256:\w+: InvalidImageName: Failed to apply default image tag/,
    /Correct the image name/,
  ],
  [
    'an image that is not there and may not be pulled',
    withFunction(running(waiting('ErrImageNeverPull', 'Container image "x" is not present with pull policy of Never'))),
    'POD_START',
    /ErrImageNeverPull: Container image "x" is not present/,
    /--image-pull-policy/,
  ],
  [
    'a refused pull',
    withFunction(running(waiting('ErrImagePull', denied))),
    'POD_PULL_DENIED',
    /401 Unauthorized/,
    /credentials/,
  ],
  [
    'a refused pull that is waited for',
    withFunction(running(waiting('ImagePullBackOff', `Back-off pulling image "x": ErrImagePull: ${denied}`))),
    'POD_PULL_DENIED',
    /ImagePullBackOff: .*401 Unauthorized/,
    /--enable-private-registries/,
  ],
  [
    'an image that is not found',
    withFunction(
      running(
        waiting('ErrImagePull', 'rpc error: code = NotFound desc = failed to resolve reference "x": x: not found'),
      ),
    ),
    'POD_PULL_NOT_FOUND',
    /not found/,
    /mirror/,
  ],
  [
    'a registry that the node does not trust',
    withFunction(
      running(
        waiting('ErrImagePull', 'tls: failed to verify certificate: x509: certificate signed by unknown authority'),
      ),
    ),
    'POD_START',
    /x509/,
    /CA of this registry/,
  ],
  [
    'a registry that asks the node for a client certificate',
    withFunction(running(waiting('ErrImagePull', 'failed to do request: remote error: tls: certificate required'))),
    'POD_START',
    /certificate required/,
    /client certificate for this registry, in certs\.d/,
  ],
  [
    'a registry without TLS that the node was not told of',
    withFunction(running(waiting('ErrImagePull', 'http: server gave HTTP response to HTTPS client'))),
    'POD_START',
    /HTTP response to HTTPS client/,
    /hosts\.toml for containerd, insecure = true .* --insecure-registries is for the runner alone/,
  ],
  [
    'a missing signature',
    withFunction(running(waiting('SignatureValidationFailed', 'image pull failed: signature validation failed'))),
    'POD_START',
    /SignatureValidationFailed/,
    /Sign the image/,
  ],
  [
    'a secret that is missing',
    withFunction(running(waiting('CreateContainerConfigError', 'secret "tokens" not found'))),
    'POD_START',
    /CreateContainerConfigError: secret "tokens" not found/,
    /Create what/,
  ],
  [
    'an image of root where that is not allowed',
    withFunction(
      running(
        waiting(
          'CreateContainerConfigError',
          'container has runAsNonRoot and image will run as root (pod: "fn-0", container: function)',
        ),
      ),
    ),
    'POD_START',
    /runAsNonRoot/,
    /runAsUser/,
  ],
  [
    'a container that cannot be created',
    withFunction(running(waiting('CreateContainerError', 'failed to generate spec: no command specified'))),
    'POD_START',
    /CreateContainerError: failed to generate spec/,
    /log/,
  ],
  [
    'a container without the in-pod server',
    withFunction(
      running(
        waiting(
          'RunContainerError',
          `${shim} exec: "/wrapper-server-tools/wrapper-server": stat /wrapper-server-tools/wrapper-server: no such file or directory`,
        ),
      ),
    ),
    'POD_START',
    /RunContainerError/,
    /first init container/,
  ],
  [
    'a container that could not be started',
    withFunction(
      running(terminated(128, 'StartError', `${shim} exec /wrapper-server-tools/wrapper-server: exec format error`)),
    ),
    'POD_START',
    /StartError: .*exec format error/,
    /architecture/,
  ],
  [
    'a crash loop',
    withFunction(running(waiting('CrashLoopBackOff', backOff), { restartCount: 2, lastState: terminated(3, 'Error') })),
    'POD_START',
    /CrashLoopBackOff: exit code 3; back-off 10s/,
    /is deleted.*terminationMessagePolicy/,
  ],
  [
    'a crash loop for want of memory',
    withFunction(
      running(waiting('CrashLoopBackOff', backOff), { restartCount: 1, lastState: terminated(137, 'OOMKilled') }),
    ),
    'FUNCTION_LIMIT',
    /OOMKilled: exit code 137/,
    /memory limit/,
  ],
  [
    'a first end for want of memory',
    withFunction(running(terminated(137, 'OOMKilled'))),
    'FUNCTION_LIMIT',
    /OOMKilled/,
    /memory limit/,
  ],
  [
    'an init container whose image is refused',
    withInit(waiting('ImagePullBackOff', `Back-off pulling image "${wrapperImage}": ErrImagePull: ${denied}`)),
    'POD_PULL_DENIED',
    /container copy-wrapper-server with image registry\.example\/wrapper:v1: ImagePullBackOff/,
    /credentials/,
  ],
  [
    'an init container that fails again and again',
    withInit(waiting('CrashLoopBackOff', 'back-off 20s'), { restartCount: 2, lastState: terminated(1, 'Error') }),
    'POD_START',
    /container copy-wrapper-server .*CrashLoopBackOff: exit code 1/,
    /log/,
  ],
  [
    'an init container that failed in a pod without restarts',
    withInit(terminated(1, 'Error', 'cp: cannot create'), {}, { phase: 'Failed' }),
    'POD_START',
    /container copy-wrapper-server .*exit code 1: cp: cannot create/,
    /log/,
  ],
  [
    'a container that could not be started in a pod without restarts',
    withFunction(running(terminated(128, 'StartError', `${shim} permission denied`)), { phase: 'Failed' }),
    'POD_START',
    /StartError/,
    /log/,
  ],
];
