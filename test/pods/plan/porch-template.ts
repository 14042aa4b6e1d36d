import type { JsonObject } from '../../../src/core/json.ts';

const probe = { exec: { command: ['/wrapper-server-tools/grpc-health-probe', '-addr', 'localhost:9446'] } };
const mount = { name: 'wrapper-server-tools', mountPath: '/wrapper-server-tools' };

/** What templates made for Porch's runner say: PodTemplateSpec v1. */
export const porchTemplate = {
  metadata: { annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true' } },
  spec: {
    initContainers: [
      {
        name: 'copy-wrapper-server',
        image: 'docker.io/nephio/porch-wrapper-server:latest',
        command: ['cp', '-a', '/home/nonroot/wrapper-server/.', '/wrapper-server-tools'],
        volumeMounts: [mount],
      },
    ],
    containers: [
      {
        name: 'function',
        image: 'to-be-replaced',
        command: ['/wrapper-server-tools/wrapper-server'],
        env: [{ name: 'OTEL_TRACES_EXPORTER', value: 'none' }],
        readinessProbe: probe,
        livenessProbe: probe,
        volumeMounts: [mount],
      },
    ],
    volumes: [{ name: 'wrapper-server-tools', emptyDir: {} }],
  },
} as const satisfies JsonObject;
