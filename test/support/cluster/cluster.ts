import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { jsonAt, jsonList } from '../json-at.ts';
import { runProgram } from '../program.ts';
import type { ProgramResult } from '../program.ts';
import { tempFolder } from '../temp-folder.ts';
import type { AdminClient } from './admin-client.ts';
import { parseAuditLog } from './audit-log.ts';
import type { ApiRequest } from './audit-log.ts';
import { clusterPrograms } from './cluster-programs.ts';
import { ControlPlane } from './control-plane.ts';
import { kubeconfig } from './kubeconfig.ts';
import { rolesSettled } from './roles-settled.ts';

/**
 * A real API server with etcd, TLS and RBAC. Nothing else runs: no scheduler, no kubelet, no controllers. What those
 * would make for a namespace (the service account `default`) is made by `createNamespace` and after `apply`; aggregated
 * roles (`view`, `edit`, `admin`) stay empty.
 */
export interface Cluster {
  readonly server: URL;
  readonly caFile: string;
  /** Path of a kubeconfig that may do everything. */
  readonly adminKubeconfig: string;
  /** Requests as the administrator. */
  readonly admin: AdminClient;
  /** Path of a kubeconfig with a token of that service account, which is made if it is not there, as is its namespace. */
  kubeconfigFor(
    namespace: string,
    serviceAccount: string,
    options?: { readonly expirationSeconds?: number },
  ): Promise<string>;
  /** A token of that service account, from the TokenRequest API: at least 600 seconds. */
  tokenFor(namespace: string, serviceAccount: string, expirationSeconds?: number): Promise<string>;
  createNamespace(name: string): Promise<void>;
  /** What the API server answered so far, optionally of one user, like `system:serviceaccount:NAMESPACE:NAME`. */
  requests(user?: string): Promise<readonly ApiRequest[]>;
  /** `kubectl apply` of YAML documents; roles among them count when it resolves. Throws with what kubectl says. */
  apply(yaml: string): Promise<void>;
  /** Any kubectl command as the administrator; a non-zero exit is a result. */
  kubectl(args: readonly string[], input?: string): Promise<ProgramResult>;
  /** The API server goes without a word; `restart` brings it back at the same address with what it had stored. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Takes a few seconds. Use it in the `before` of a group that `requires('cluster')`, with a timeout of 120 s. */
export async function startCluster(): Promise<Cluster> {
  const programs = await clusterPrograms();
  const folder = await tempFolder('cluster');
  try {
    const plane = await ControlPlane.start(programs, folder.path);
    const cluster = new RunningCluster(plane, folder.path, programs.kubectl, async () => folder.remove());
    await cluster.prepare();
    return cluster;
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

class RunningCluster implements Cluster {
  readonly server: URL;
  readonly caFile: string;
  readonly adminKubeconfig: string;
  readonly admin: AdminClient;
  readonly #plane: ControlPlane;
  readonly #folder: string;
  readonly #kubectl: string;
  readonly #removeFolder: () => Promise<void>;
  #files = 0;

  constructor(plane: ControlPlane, folder: string, kubectl: string, removeFolder: () => Promise<void>) {
    this.server = plane.server;
    this.caFile = plane.caFile;
    this.admin = plane.admin;
    this.adminKubeconfig = join(folder, 'admin.kubeconfig');
    this.#plane = plane;
    this.#folder = folder;
    this.#kubectl = kubectl;
    this.#removeFolder = removeFolder;
  }

  /** The API server makes its own namespaces shortly after it is ready. */
  async prepare(): Promise<void> {
    try {
      const { server, caFile, adminToken: token } = this.#plane;
      await writeFile(this.adminKubeconfig, kubeconfig({ server, caFile, token }), { mode: 0o600 });
      const deadlineMs = Date.now() + 20_000;
      while ((await this.admin.request('GET', '/api/v1/namespaces/default')).status !== 200) {
        if (Date.now() > deadlineMs) throw new Error('the namespace `default` does not appear');
        await wait(50);
      }
      await this.#createServiceAccount('default', 'default');
    } catch (error) {
      await this.#plane.stop();
      throw error;
    }
  }

  async kubeconfigFor(
    namespace: string,
    serviceAccount: string,
    options: { readonly expirationSeconds?: number } = {},
  ): Promise<string> {
    const token = await this.tokenFor(namespace, serviceAccount, options.expirationSeconds);
    this.#files += 1;
    const file = join(this.#folder, `${namespace}-${serviceAccount}-${String(this.#files)}.kubeconfig`);
    const { server, caFile } = this;
    await writeFile(file, kubeconfig({ server, caFile, token, namespace }), { mode: 0o600 });
    return file;
  }

  async tokenFor(namespace: string, serviceAccount: string, expirationSeconds = 3600): Promise<string> {
    await this.createNamespace(namespace);
    await this.#createServiceAccount(namespace, serviceAccount);
    const answer = await this.admin.must(
      'POST',
      `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds } },
    );
    return String(jsonAt(answer, 'status', 'token'));
  }

  async createNamespace(name: string): Promise<void> {
    await this.admin.must('POST', '/api/v1/namespaces', { metadata: { name } }, [409]);
    await this.#createServiceAccount(name, 'default');
  }

  async requests(user?: string): Promise<readonly ApiRequest[]> {
    const requests = parseAuditLog(await readFile(this.#plane.auditFile, 'utf8'));
    return user === undefined ? requests : requests.filter((request) => request.user === user);
  }

  async apply(yaml: string): Promise<void> {
    const result = await this.kubectl(['apply', '-f', '-'], yaml);
    if (result.exitCode !== 0) throw new Error(`kubectl apply: ${result.stderr}`);
    const namespaces = jsonList(await this.admin.must('GET', '/api/v1/namespaces'), 'items');
    for (const namespace of namespaces) {
      await this.#createServiceAccount(String(jsonAt(namespace, 'metadata', 'name')), 'default');
    }
    if (yaml.includes('rbac.authorization.k8s.io')) await rolesSettled(this.admin);
  }

  async kubectl(args: readonly string[], input?: string): Promise<ProgramResult> {
    const global = [`--kubeconfig=${this.adminKubeconfig}`, `--cache-dir=${join(this.#folder, 'kubectl-cache')}`];
    return runProgram(this.#kubectl, [...global, ...args], {
      ...(input !== undefined && { input }),
      timeoutMs: 60_000,
    });
  }

  async kill(): Promise<void> {
    await this.#plane.kill();
  }

  async restart(): Promise<void> {
    await this.#plane.restart();
  }

  async stop(): Promise<void> {
    await this.#plane.stop();
    await this.#removeFolder();
  }

  async #createServiceAccount(namespace: string, name: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await this.admin.must('POST', path, { metadata: { name } }, [409]);
  }
}
