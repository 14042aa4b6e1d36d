import { type Container, functionContainer, inPodPort, type PodSpec, toolsFolder } from './pod-template.ts';
import type { PodTemplate, ServiceTemplate } from './pod-template.ts';

const tools = { name: 'wrapper-server-tools', mountPath: toolsFolder };
const confined = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const grpc = { port: inPodPort };
/** A pod that cannot start is deleted, its log with it: the status, and so the error, tells the end of the log. */
const tellsLog = { terminationMessagePolicy: 'FallbackToLogsOnError' };

const copy: Container = {
  name: 'copy-wrapper-server',
  ...tellsLog,
  command: ['cp', '-a', '/home/nonroot/wrapper-server/.', toolsFolder],
  // A tag like latest would otherwise be pulled anew for every pod.
  imagePullPolicy: 'IfNotPresent',
  securityContext: { ...confined, readOnlyRootFilesystem: true },
  resources: { requests: { cpu: '10m', memory: '16Mi' } },
  volumeMounts: [tools],
};

const run: Container = {
  name: functionContainer,
  ...tellsLog,
  command: [`${toolsFolder}/wrapper-server`],
  // Porch's in-pod server publishes metrics where these say; without them it looks for a collector.
  env: [
    { name: 'OTEL_METRICS_EXPORTER', value: 'prometheus' },
    { name: 'OTEL_TRACES_EXPORTER', value: 'none' },
    { name: 'OTEL_EXPORTER_PROMETHEUS_HOST', value: '0.0.0.0' },
  ],
  securityContext: confined,
  resources: { requests: { cpu: '50m', memory: '64Mi' } },
  startupProbe: { grpc, periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 120 },
  readinessProbe: { grpc, periodSeconds: 10, timeoutSeconds: 5 },
  // Patient: a function that takes every CPU it can get must not end its own pod.
  livenessProbe: { grpc, periodSeconds: 30, timeoutSeconds: 15, failureThreshold: 4 },
  volumeMounts: [tools],
};

const spec: PodSpec = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
  initContainers: [copy],
  containers: [run],
  volumes: [{ name: 'wrapper-server-tools', emptyDir: {} }],
};

/**
 * The template for clusters that have none of their own. It asks for no user: functions whose image says root run, without
 * any of root's capabilities. Namespaces that enforce the restricted standard need a template or a FunctionConfig that
 * gives `runAsNonRoot` and a user. https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export const inlineTemplate: PodTemplate = {
  labels: {},
  annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true' },
  spec,
};

export const inlineServiceTemplate: ServiceTemplate = {
  labels: {},
  annotations: {},
  spec: { type: 'ClusterIP', ports: [{ name: 'grpc', port: inPodPort, protocol: 'TCP', targetPort: inPodPort }] },
};
