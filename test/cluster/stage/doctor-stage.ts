import { createAuthority } from '../../../examples/registry/certificates.ts';
import { buildImage } from '../../../examples/registry/image.ts';
import { pushImage } from '../../../examples/registry/push.ts';
import { expect } from 'chai';
import { doctor, type DoctorAnswer } from '../../doctor/doctor-command.ts';
import { type Cluster, startCluster } from '../../support/cluster/cluster.ts';
import { applyRole, functionNamespace as namespace, type RoleName } from '../../support/cluster/runner-access.ts';
import { type DockerRegistry, startDockerRegistry } from '../../support/docker-registry.ts';
import { jsonAt } from '../../support/json-at.ts';
import { dockerConfigJson, type MountedSecret, mountSecret } from '../../support/mounted-secret.ts';

export const login = { name: 'joe', password: 'canary-of-a:password' };
const core = `/api/v1/namespaces/${namespace}`;
export const secretType = 'kubernetes.io/dockerconfigjson';

/** What the doctor looks at: a cluster with our Role, or Porch's own, a guarded registry with a private CA, and the secrets to reach it. */
export class DoctorStage {
  readonly cluster: Cluster;
  readonly registry: DockerRegistry;
  /** The content of the mounted credentials. */
  readonly config: string;
  /** Of the service account that the Role is for. */
  readonly kubeconfig: string;
  /** Those of a service that has all it needs. */
  readonly flags: readonly string[];
  readonly #mounts: readonly MountedSecret[];
  #undo: (() => Promise<unknown>)[] = [];

  private constructor(
    cluster: Cluster,
    registry: DockerRegistry,
    kubeconfig: string,
    config: string,
    [auth, tls]: readonly [MountedSecret, MountedSecret],
  ) {
    this.cluster = cluster;
    this.registry = registry;
    this.kubeconfig = kubeconfig;
    this.config = config;
    this.#mounts = [auth, tls];
    this.flags = [
      '--runtime=pod',
      `--kubeconfig=${kubeconfig}`,
      `--pod-namespace=${namespace}`,
      '--enable-private-registries',
      `--registry-auth-secret-path=${auth.file('.dockerconfigjson')}`,
      '--registry-auth-secret-name=registry-auth-secret',
      '--enable-private-registries-tls',
      `--tls-secret-path=${tls.path}`,
    ];
  }

  static async start(role: RoleName = 'ours'): Promise<DoctorStage> {
    const ca = await createAuthority({ name: 'Company CA' });
    const keys = await ca.issue({ ipAddresses: ['127.0.0.1'] });
    const registry = await startDockerRegistry({ tls: keys, users: { [login.name]: login.password } });
    const built = await buildImage({ entrypoint: ['/fn'] });
    const access = { auth: { username: login.name, password: login.password }, ca: ca.certificatePem };
    for (const name of ['team/fn', 'team/wrapper']) await pushImage(registry.authority, name, 'v1', built, access);
    const config = dockerConfigJson({ [registry.authority]: `${login.name}:${login.password}` });
    const auth = await mountSecret({ '.dockerconfigjson': config });
    const tls = await mountSecret({ 'ca.crt': ca.certificatePem });
    const cluster = await startCluster();
    await applyRole(cluster, role);
    const kubeconfig = await cluster.kubeconfigFor('porch-system', 'porch-fn-runner');
    return new DoctorStage(cluster, registry, kubeconfig, config, [auth, tls]);
  }

  get image(): string {
    return `${this.registry.authority}/team/fn:v1`;
  }

  /** The environment of a service that has all it needs. */
  get environment(): Readonly<Record<string, string>> {
    return { WRAPPER_SERVER_IMAGE: `${this.registry.authority}/team/wrapper:v1` };
  }

  /** What the doctor says, with REGISTRY for the registry's address. */
  async look(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<DoctorAnswer> {
    const answer = await doctor([...this.flags, ...args], { ...this.environment, ...env });
    expect(answer.text).not.to.include('canary');
    return { ...answer, lines: answer.lines.map((line) => line.replaceAll(this.registry.authority, 'REGISTRY')) };
  }

  /** Makes an object that is there for one test. */
  async put(path: string, name: string, body: object): Promise<void> {
    await this.cluster.admin.must('POST', path, { metadata: { name }, ...body });
    const [plain = ''] = path.split('?');
    this.undo(async () => this.cluster.admin.request('DELETE', `${plain}/${name}`));
  }

  /** The pull secret, as the service would have made it. */
  async putReplica(content: string): Promise<void> {
    const name = 'registry-auth-secret';
    const metadata = { name, labels: { 'app.kubernetes.io/managed-by': 'krm-function-runner' } };
    const data = { '.dockerconfigjson': Buffer.from(content).toString('base64') };
    await this.put(`${core}/secrets`, name, { metadata, type: secretType, data });
  }

  async putTemplate(template: object): Promise<void> {
    await this.put(`${core}/podtemplates`, 'base-pod-template', { template });
  }

  /** Path of a kubeconfig of one who may do only this with the function pods' namespace. */
  async restricted(name: string, rules: readonly object[]): Promise<string> {
    const file = await this.cluster.kubeconfigFor('porch-system', name);
    const metadata = { name, namespace };
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
    const subjects = [{ kind: 'ServiceAccount', name, namespace: 'porch-system' }];
    const binding = { ...role, kind: 'RoleBinding', rules: undefined, roleRef, subjects };
    await this.cluster.apply([role, binding].map((each) => JSON.stringify(each)).join('\n---\n'));
    return file;
  }

  /** The label of the namespace for one test. */
  async label(name: string, value: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}`;
    const was = jsonAt(await this.cluster.admin.must('GET', path), 'metadata', 'labels', name);
    await this.cluster.admin.must('PATCH', path, { metadata: { labels: { [name]: value } } });
    this.undo(async () =>
      this.cluster.admin.must('PATCH', path, {
        metadata: { labels: { [name]: typeof was === 'string' ? was : null } },
      }),
    );
  }

  /** To be done after the test, the last one first. */
  undo(work: () => Promise<unknown>): void {
    this.#undo.push(work);
  }

  async reset(): Promise<void> {
    for (const each of this.#undo.toReversed()) await each();
    this.#undo = [];
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
    await this.registry.stop();
    for (const mount of this.#mounts) await mount.remove();
  }
}

/** That exactly one line begins so. */
export function expectLine({ lines }: DoctorAnswer, start: string): void {
  expect(
    lines.filter((line) => line.startsWith(start)),
    lines.join('\n'),
  ).to.have.length(1);
}
