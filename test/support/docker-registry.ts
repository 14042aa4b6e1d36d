import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { parseAccessLog } from './access-log.ts';
import type { AccessLine } from './access-log.ts';
import { startDaemon } from './daemon.ts';
import type { Daemon } from './daemon.ts';
import { freePort } from './free-port.ts';
import { runProgram } from './program.ts';
import { tempFolder } from './temp-folder.ts';

export interface DockerRegistryOptions {
  readonly tls?: { readonly certificatePem: string; readonly keyPem: string };
  /** Lets only clients in whose certificate `caPem` signed; `own` is shown where the registry is asked by itself. Needs `tls`. */
  readonly clients?: {
    readonly caPem: string;
    readonly own: { readonly certificatePem: string; readonly keyPem: string };
  };
  /** User name → password; hashed by `htpasswd` with bcrypt. */
  readonly users?: Readonly<Record<string, string>>;
  /** Bearer authentication by tokens that `issuer` signed under a certificate of `rootCertificatePem`. */
  readonly token?: {
    readonly realm: string;
    readonly service: string;
    readonly issuer: string;
    readonly rootCertificatePem: string;
  };
  /** Host name for `authority`, which the certificate must name; default 127.0.0.1. */
  readonly host?: string;
  /** Folder to keep the content in, to share it between registries; default: one of its own. */
  readonly dataDir?: string;
}

/** A running docker-registry. */
export interface DockerRegistry {
  readonly port: number;
  /** `host:port` for image names. */
  readonly authority: string;
  /** What the access log says was asked so far, in order; waits until the log has caught up. */
  accessLog(): Promise<readonly AccessLine[]>;
  /** Other users and passwords from now on; for a registry that began with `users`. */
  setUsers(users: Readonly<Record<string, string>>): Promise<void>;
  /** Loses a repository, like `functions/echo`, with all its tags and manifests. */
  forget(repository: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Debian's docker-registry on loopback; resolves when it listens, rejects after ten seconds. */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const folder = await tempFolder('docker-registry');
  try {
    const { daemon, port } = await startOnFreePort(folder.path, options);
    return {
      port,
      authority: `${options.host ?? '127.0.0.1'}:${String(port)}`,
      accessLog: async () => caughtUpLog(daemon, port, options),
      setUsers: async (users) => {
        await writeFile(join(folder.path, 'htpasswd'), await hashed(users), { mode: 0o600 });
      },
      forget: async (repository) => {
        const data = options.dataDir ?? join(folder.path, 'data');
        await rm(join(data, 'docker/registry/v2/repositories', repository), { recursive: true });
      },
      stop: async () => {
        await daemon.stop();
        await folder.remove();
      },
    };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

/** docker-registry takes no port 0, and another process may take a free port first: up to three tries. */
async function startOnFreePort(
  folder: string,
  options: DockerRegistryOptions,
  tries = 3,
): Promise<{ daemon: Daemon; port: number }> {
  const port = await freePort();
  const config = await writeConfig(folder, port, options);
  const daemon = startDaemon('docker-registry', ['serve', config], { env: { OTEL_TRACES_EXPORTER: 'none' } });
  try {
    await daemon.line(/listening on /);
    return { daemon, port };
  } catch (error) {
    await daemon.stop();
    if (tries === 1) throw error;
    return startOnFreePort(folder, options, tries - 1);
  }
}

async function writeConfig(folder: string, port: number, options: DockerRegistryOptions): Promise<string> {
  const file = async (name: string, content: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  };
  const { tls, clients, users, token } = options;
  const config = {
    version: '0.1',
    log: { level: 'info', formatter: 'json', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: options.dataDir ?? join(folder, 'data') } },
    http: {
      addr: `127.0.0.1:${String(port)}`,
      secret: 'of-no-use-with-one-registry',
      ...(tls === undefined
        ? {}
        : {
            tls: {
              certificate: await file('tls.crt', tls.certificatePem),
              key: await file('tls.key', tls.keyPem),
              ...(clients === undefined ? {} : { clientcas: [await file('clients.crt', clients.caPem)] }),
            },
          }),
    },
    auth: {
      ...(users === undefined
        ? {}
        : { htpasswd: { realm: 'test', path: await file('htpasswd', await hashed(users)) } }),
      ...(token === undefined
        ? {}
        : {
            token: {
              realm: token.realm,
              service: token.service,
              issuer: token.issuer,
              rootcertbundle: await file('token.crt', token.rootCertificatePem),
            },
          }),
    },
  };
  return file('config.yml', stringify(config));
}

async function hashed(users: Readonly<Record<string, string>>): Promise<string> {
  const lines: string[] = [];
  for (const [name, password] of Object.entries(users)) {
    const result = await runProgram('htpasswd', ['-niB', '-C', '5', name], { input: password });
    if (result.exitCode !== 0) throw new Error(`htpasswd failed: ${result.stderr}`);
    lines.push(result.stdout.trim());
  }
  return `${lines.join('\n')}\n`;
}

let marker = 0;

/** The log is written after the answer: asks for a path of its own and waits for that line, so all before it are there. */
async function caughtUpLog(
  daemon: Daemon,
  port: number,
  { tls, clients }: DockerRegistryOptions,
): Promise<readonly AccessLine[]> {
  marker += 1;
  const path = `/log-marker-${String(marker)}`;
  const client = clients && { cert: clients.own.certificatePem, key: clients.own.keyPem };
  const options = { host: '127.0.0.1', port, path, agent: false, rejectUnauthorized: false, ...client };
  const marking = tls === undefined ? request(options) : tlsRequest(options);
  marking.on('response', (response) => response.resume()).end();
  await once(marking, 'close');
  await daemon.line(new RegExp(`GET ${path} `));
  return parseAccessLog(daemon.stdoutLines).filter((line) => !line.path.startsWith('/log-marker-'));
}
