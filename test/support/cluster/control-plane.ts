import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createAuthority } from '../../../examples/registry/certificates.ts';
import { startDaemon } from '../daemon.ts';
import type { Daemon } from '../daemon.ts';
import { freePort } from '../free-port.ts';
import { AdminClient } from './admin-client.ts';
import type { ClusterPrograms } from './cluster-programs.ts';

const startTimeoutMs = 90_000;

/** A user of group system:masters. */
const adminUser = 'admin';

/** etcd and the API server, with what they keep in one folder. */
export class ControlPlane {
  readonly server: URL;
  readonly caFile: string;
  readonly auditFile: string;
  readonly adminToken: string;
  readonly admin: AdminClient;
  readonly #etcd: Daemon;
  readonly #start: () => Daemon;
  #apiServer: Daemon;

  private constructor(files: Files, etcd: Daemon, port: number, start: () => Daemon) {
    this.server = new URL(`https://127.0.0.1:${String(port)}`);
    this.caFile = files.ca;
    this.auditFile = files.audit;
    this.adminToken = files.adminToken;
    this.admin = new AdminClient({ server: this.server, ca: files.caPem, token: files.adminToken });
    this.#etcd = etcd;
    this.#start = start;
    this.#apiServer = start();
  }

  /** Starts both; resolves when the API server says that it is ready. */
  static async start(programs: ClusterPrograms, folder: string): Promise<ControlPlane> {
    const files = await writeFiles(folder);
    const etcd = await startEtcd(programs.etcd, folder);
    for (let tries = 3; ; tries -= 1) {
      try {
        return await ControlPlane.#startApiServer(programs, folder, files, etcd);
      } catch (error) {
        // Another process may take a free port first.
        if (tries > 1 && String(error).includes('address already in use')) continue;
        await etcd.daemon.stop('SIGKILL');
        throw error;
      }
    }
  }

  static async #startApiServer(
    programs: ClusterPrograms,
    folder: string,
    files: Files,
    { daemon: etcd, port: etcdPort }: Etcd,
  ): Promise<ControlPlane> {
    const port = await freePort();
    const args = apiServerArgs(files, folder, etcdPort, port);
    const plane = new ControlPlane(files, etcd, port, () => startDaemon(programs['kube-apiserver'], args));
    try {
      await plane.ready();
      return plane;
    } catch (error) {
      await plane.admin.close();
      await plane.kill();
      throw error;
    }
  }

  /** Waits until /readyz says ok, which is after the default roles are there. */
  async ready(): Promise<void> {
    const ended = this.#apiServer.exited.then(() => true);
    const deadlineMs = Date.now() + startTimeoutMs;
    for (;;) {
      const answer = await this.admin.request('GET', '/readyz').catch(() => undefined);
      if (answer?.status === 200) return;
      const last = this.#apiServer.stderrLines.slice(-5).join('\n');
      if (Date.now() > deadlineMs) throw new Error(`kube-apiserver is not ready in time: ${last}`);
      if (await Promise.race([ended, wait(50, false)])) throw new Error(`kube-apiserver ended: ${last}`);
    }
  }

  /** The API server goes, at once and without a word, as in a crash; what it stored stays. */
  async kill(): Promise<void> {
    await this.#apiServer.stop('SIGKILL');
  }

  /** Starts the API server again, at the same address, with what it had stored. */
  async restart(): Promise<void> {
    await this.kill();
    this.#apiServer = this.#start();
    await this.ready();
  }

  /** Nothing is worth a graceful end: the folder goes too. */
  async stop(): Promise<void> {
    await Promise.all([this.admin.close(), this.kill(), this.#etcd.stop('SIGKILL')]);
  }
}

interface Etcd {
  readonly daemon: Daemon;
  readonly port: number;
}

interface Files {
  readonly ca: string;
  readonly caPem: string;
  readonly audit: string;
  readonly adminToken: string;
}

async function writeFiles(folder: string): Promise<Files> {
  const authority = await createAuthority({ name: 'Test cluster' });
  const serving = await authority.issue({ dnsNames: ['localhost', 'kubernetes'], ipAddresses: ['127.0.0.1'] });
  const serviceAccounts = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  });
  const adminToken = randomBytes(24).toString('hex');
  // Watches are logged when they begin; everything else when it is answered.
  const auditPolicy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [{ level: 'Metadata' }],
  };
  const write = async (name: string, text: string): Promise<void> =>
    writeFile(join(folder, name), text, { mode: 0o600 });
  await mkdir(join(folder, 'certificates'));
  await Promise.all([
    write('ca.crt', authority.certificatePem),
    write('serving.crt', `${serving.certificatePem}\n${authority.certificatePem}`),
    write('serving.key', serving.keyPem),
    write('service-accounts.key', serviceAccounts.privateKey),
    write('service-accounts.pub', serviceAccounts.publicKey),
    write('tokens.csv', `${adminToken},${adminUser},${adminUser},system:masters\n`),
    write('audit-policy.json', JSON.stringify(auditPolicy)),
  ]);
  return {
    ca: join(folder, 'ca.crt'),
    caPem: authority.certificatePem,
    audit: join(folder, 'audit.log'),
    adminToken,
  };
}

async function startEtcd(program: string, folder: string, tries = 3): Promise<Etcd> {
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  const daemon = startDaemon(program, [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    '--listen-peer-urls=http://127.0.0.1:0',
    '--unsafe-no-fsync',
    '--log-level=warn',
  ]);
  try {
    await reachable(`${url}/readyz`, daemon);
    return { daemon, port };
  } catch (error) {
    await daemon.stop('SIGKILL');
    if (tries === 1) throw error;
    return startEtcd(program, folder, tries - 1);
  }
}

async function reachable(url: string, daemon: Daemon): Promise<void> {
  const ended = daemon.exited.then(() => true);
  const deadlineMs = Date.now() + startTimeoutMs;
  for (;;) {
    const status = await fetch(url, { signal: AbortSignal.timeout(5000) }).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    const last = daemon.stderrLines.slice(-3).join('\n');
    if (Date.now() > deadlineMs) throw new Error(`${url} does not answer in time: ${last}`);
    if (await Promise.race([ended, wait(20, false)])) throw new Error(`etcd ended: ${last}`);
  }
}

function apiServerArgs(files: Files, folder: string, etcdPort: number, port: number): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${String(etcdPort)}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${String(port)}`,
    `--cert-dir=${join(folder, 'certificates')}`,
    `--tls-cert-file=${join(folder, 'serving.crt')}`,
    `--tls-private-key-file=${join(folder, 'serving.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(folder, 'service-accounts.pub')}`,
    `--service-account-signing-key-file=${join(folder, 'service-accounts.key')}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--endpoint-reconciler-type=none',
    '--allow-privileged=true',
    `--audit-policy-file=${join(folder, 'audit-policy.json')}`,
    `--audit-log-path=${files.audit}`,
  ];
}
