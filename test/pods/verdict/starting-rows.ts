import type { Pod } from '../../../src/kubernetes/pod.ts';
import { podOf, running, runs, terminated, waiting, withFunction, withInit } from './pod-of.ts';

type StartingRow = readonly [title: string, pod: Pod, reason: string, message: RegExp];

/** Statuses of pods that may still come up. */
export const startingRows: readonly StartingRow[] = [
  ['a new pod', podOf({ phase: 'Pending' }), 'Pending', /^$/],
  ['a pod without any status', podOf({}), 'Pending', /^$/],
  [
    'a pod that fits no node',
    podOf({
      phase: 'Pending',
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'Unschedulable',
          message: '0/3 nodes are available: 3 Insufficient memory.',
        },
      ],
    }),
    'Unschedulable',
    /^0\/3 nodes are available/,
  ],
  ['a pod whose init container is being created', withInit(waiting('ContainerCreating')), 'ContainerCreating', /^$/],
  [
    'a pod whose init container failed once',
    withInit(terminated(1, 'Error')),
    'Error',
    /container copy-wrapper-server: exit code 1/,
  ],
  ['a container that is being created', withFunction(running(waiting('ContainerCreating'))), 'ContainerCreating', /^$/],
  [
    'a busy registry',
    withFunction(running(waiting('ErrImagePull', 'unexpected status: 429 Too Many Requests'))),
    'ErrImagePull',
    /429 Too Many Requests/,
  ],
  [
    'a broken registry',
    withFunction(
      running(
        waiting(
          'ImagePullBackOff',
          'Back-off pulling image "x": ErrImagePull: unexpected status: 503 Service Unavailable',
        ),
      ),
    ),
    'ImagePullBackOff',
    /503/,
  ],
  [
    'an unreachable registry',
    withFunction(running(waiting('ErrImagePull', 'dial tcp 10.0.0.1:443: i/o timeout'))),
    'ErrImagePull',
    /timeout/,
  ],
  [
    'a back-off that tells no reason',
    withFunction(running(waiting('ImagePullBackOff', 'Back-off pulling image "x"'))),
    'ImagePullBackOff',
    /Back-off/,
  ],
  [
    'a slow container runtime',
    withFunction(running(waiting('CreateContainerError', 'context deadline exceeded'))),
    'CreateContainerError',
    /deadline/,
  ],
  ['a first crash', withFunction(running(terminated(2, 'Error'))), 'Error', /exit code 2/],
  ['a running container without address', withFunction(running(runs), { podIP: undefined }), 'Pending', /^$/],
  [
    'a pod on a node that left',
    withFunction(running(runs), {
      phase: 'Running',
      reason: 'NodeLost',
      message: 'Node node-1 which was running pod fn-0 is unresponsive',
    }),
    'NodeLost',
    /unresponsive/,
  ],
  ['a pod that nobody hears of', withFunction(running(runs), { phase: 'Unknown' }), 'Unknown', /^$/],
];
