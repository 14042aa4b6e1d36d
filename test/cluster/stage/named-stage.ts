import { readFile } from 'node:fs/promises';
import { startService, type TestService } from '../../support/service.ts';
import { type DockerRegistry, startDockerRegistry } from '../../support/docker-registry.ts';
import { jsonAt, jsonList } from '../../support/json-at.ts';
import { dockerConfigJson } from '../../support/mounted-secret.ts';
import type { RegistryAccess } from '../../support/skopeo.ts';
import { pushCopies } from './copies.ts';
import type { RoleName } from './stage-role.ts';
import { type login, podNamespace, type Stage, startStage } from './stage.ts';

const core = `/api/v1/namespaces/${podNamespace}`;
const configs = `/apis/config.porch.kpt.dev/v1alpha1/namespaces/${podNamespace}/functionconfigs`;

/** User of the second registry, which is unknown at the first. */
export const secondLogin = { name: 'second', password: 'other-password' };

/** A stage whose service has no mounted credentials, and a second registry of other people. */
export interface NamedStage {
  readonly stage: Stage;
  readonly second: DockerRegistry;
  /** The service with these flags more. */
  serve(...flags: readonly string[]): Promise<TestService>;
  /** Makes, or changes, a pull secret for `registry` in the namespace of the function pods. */
  pullSecret(name: string, registry: DockerRegistry, user: typeof login): Promise<void>;
  /** The pull secrets of a service account, which is made if need be. */
  link(account: string, secrets: readonly string[]): Promise<void>;
  /** A FunctionConfig for the function of that name, wherever it is. */
  configure(name: string, annotations: Readonly<Record<string, string>>, podExecutor?: object): Promise<void>;
  /** Names of the pull secrets of the pod that runs an image. */
  secretsOf(image: string): Promise<readonly unknown[]>;
  /** Which secret the node got an image with. */
  pulledWith(path: string): string | undefined;
  stop(): Promise<void>;
}

/**
 * @param copies names of functions that return their input; those with `second/` before them go to the second registry
 * @param isOpen whether the second registry asks nobody for a login
 */
export async function startNamedStage(role: RoleName, copies: readonly string[], isOpen = false): Promise<NamedStage> {
  const users = { [secondLogin.name]: secondLogin.password };
  const second = await startDockerRegistry(isOpen ? {} : { users });
  const stage = await startStage(role, [], [{ authority: second.authority }]).catch(async (error: unknown) => {
    await second.stop();
    throw error;
  });
  const { admin } = stage.cluster;
  const access: RegistryAccess = { authority: second.authority, user: secondLogin };
  await pushCopies(
    copies.filter((name) => name.startsWith('second/')),
    access,
  );
  await pushCopies(
    copies.filter((name) => !name.startsWith('second/')),
    stage.access,
  );
  const put = async (path: string, name: string, body: object): Promise<void> => {
    const { status } = await admin.request('GET', `${path}/${name}`);
    if (status === 404) await admin.must('POST', path, { metadata: { name }, ...body });
    else await admin.must('PATCH', `${path}/${name}`, body);
  };
  return {
    stage,
    second,
    serve: async (...flags) =>
      startService({
        flags: [
          ...stage.flags.filter((flag) => !/^--(?:enable-private-registries$|registry-auth-)/.test(flag)),
          `--insecure-registries=${second.authority}`,
          ...flags,
        ],
        overrides: { environment: { WRAPPER_SERVER_IMAGE: stage.wrapperImage } },
      }),
    pullSecret: async (name, registry, user) => {
      const text = dockerConfigJson({ [registry.authority]: `${user.name}:${user.password}` });
      const type = 'kubernetes.io/dockerconfigjson';
      await put(`${core}/secrets`, name, { type, stringData: { '.dockerconfigjson': text } });
    },
    link: async (account, secrets) => {
      await put(`${core}/serviceaccounts`, account, { imagePullSecrets: secrets.map((name) => ({ name })) });
    },
    configure: async (name, annotations, podExecutor = {}) => {
      await admin.must('POST', configs, {
        apiVersion: 'config.porch.kpt.dev/v1alpha1',
        kind: 'FunctionConfig',
        metadata: { name, annotations },
        spec: { image: name, podExecutor },
      });
    },
    secretsOf: async (image) => {
      const pods = jsonList(await admin.must('GET', `${core}/pods`), 'items');
      const found = pods.find((pod) => String(jsonAt(pod, 'spec', 'containers', 0, 'image')).startsWith(`${image}@`));
      return jsonList(found, 'spec', 'imagePullSecrets').map((secret) => jsonAt(secret, 'name'));
    },
    pulledWith: (path) =>
      stage.node.pulls.findLast(({ image, succeeded }) => succeeded && new RegExp(`/${path}[@:]`).test(image))?.secret,
    stop: async () => {
      await stage.stop();
      await second.stop();
    },
  };
}

/** The component of our manifests, for secrets and service accounts of these names. */
export async function mayReadNamed(
  stage: Stage,
  secrets: readonly string[],
  accounts: readonly string[],
): Promise<void> {
  const role = await readFile('manifests/components/named-pull-secrets/role.yaml', 'utf8');
  const named = role.replace('[registry-pull-secret]', `[${secrets.join(', ')}]`);
  await stage.cluster.apply(named.replace('[default]', `[${accounts.join(', ')}]`));
}
