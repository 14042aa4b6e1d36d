import { startService, type TestService } from '../../support/service.ts';
import type { Stage } from './stage.ts';

/** The runner of the stage, in this process. */
export async function startStageService(stage: Stage, flags: readonly string[] = []): Promise<TestService> {
  return startService({
    flags: [...stage.flags, ...flags],
    overrides: { environment: { WRAPPER_SERVER_IMAGE: stage.wrapperImage } },
  });
}

/** A ResourceList with one ConfigMap and a functionConfig for set-namespace. */
export const resourceList = `apiVersion: config.kubernetes.io/v1
kind: ResourceList
functionConfig:
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: fn-config}
  data: {namespace: prod}
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: settings, namespace: old}
  data: {a: b}
`;
