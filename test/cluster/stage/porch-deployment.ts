import { stringify } from 'yaml';
import { porchTemplate } from '../../pods/plan/porch-template.ts';
import { type DeployedRunner, startDeployedRunner } from './deployed-runner.ts';
import { podNamespace, type Stage } from './stage.ts';

/** The arguments of Porch's Deployment: nephio-project/porch, deployments/porch/2-function-runner.yaml. */
const deploymentArguments = [
  '--config=/home/nonroot/config.yaml',
  '--functions=/home/nonroot/functions',
  '--pod-namespace=porch-fn-system',
  '--max-request-body-size=6291456',
  '--max-parallel-pods-per-function=2',
  '--max-waitlist-length=1',
  '--warm-up-pod-cache=true',
];
/** What the documentation of Porch adds for private registries. */
const privateRegistryArguments = [
  '--enable-private-registries=true',
  '--registry-auth-secret-path=/var/tmp/auth-secret/.dockerconfigjson',
  '--registry-auth-secret-name=auth-secret',
  '--enable-private-registries-tls=true',
  '--tls-secret-path=/var/tmp/tls-secret/',
];
/** What Porch's runner stores in the cluster when it starts for the first time, with another image of the in-pod server. */
export async function storePorchTemplates({ cluster, wrapperImage }: Stage): Promise<void> {
  const { metadata, spec } = porchTemplate;
  const initContainers = spec.initContainers.map((container) => ({ ...container, image: wrapperImage }));
  const objects = [
    {
      apiVersion: 'v1',
      kind: 'PodTemplate',
      metadata: { name: 'base-pod-template', namespace: podNamespace },
      template: { metadata, spec: { ...spec, initContainers } },
    },
    {
      apiVersion: 'config.porch.kpt.dev/v1alpha1',
      kind: 'ServiceTemplate',
      metadata: { name: 'base-service-template', namespace: podNamespace },
      template: {
        spec: {
          ports: [{ port: 9446, protocol: 'TCP', targetPort: 9446 }],
          selector: { 'fn.kpt.dev/image': 'to-be-replaced' },
          type: 'ClusterIP',
        },
      },
    },
  ];
  await cluster.apply(objects.map((object) => stringify(object)).join('---\n'));
}

/** The container of Porch's Deployment with our program in it, and no flags of ours but `extra`. */
export async function startAsPorchDeploys(stage: Stage, extra: readonly string[] = []): Promise<DeployedRunner> {
  return startDeployedRunner(stage, {
    args: [...deploymentArguments, ...privateRegistryArguments, ...extra],
    mounts: { '/var/tmp/auth-secret': stage.auth.path, '/var/tmp/tls-secret': stage.tls.path },
  });
}
