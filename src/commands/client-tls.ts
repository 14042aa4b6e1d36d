import type { OptionFault } from '../config/parse-flags.ts';
import { RunnerError } from '../core/errors.ts';
import { readFirst } from '../core/mounted-file-read.ts';
import type { parseCaBundle } from '../registry/trust/ca-bundle.ts';
import type { ClientTls } from '../rpc/client-tls.ts';
import type { ClientTlsFlags } from './client-tls-options.ts';

/** What is wrong with the TLS flags of a client and the address that they are for. */
export function clientTlsFaults(flags: ClientTlsFlags, address: string): readonly OptionFault[] {
  const faults: OptionFault[] = [];
  if (/^https?:\/\//.test(address)) {
    faults.push({ flag: 'address', message: `${JSON.stringify(address)} is wrong; give host:port, and --tls for TLS` });
  }
  if ((flags.tlsClientCert === '') !== (flags.tlsClientKey === '')) {
    const [given, missing] =
      flags.tlsClientCert === '' ? ['tls-client-key', 'tls-client-cert'] : ['tls-client-cert', 'tls-client-key'];
    faults.push({ flag: `--${given}`, message: `--${given}: needs --${missing} too` });
  }
  if (wantsTls(flags) && address === '') {
    faults.push({ flag: '--tls', message: '--tls and the flags beside it need --address' });
  }
  return faults;
}

/** Undefined: plaintext. @throws {RunnerError} `CFG_OPTION`, `CFG_CA` naming the file that cannot be used */
export async function clientTls(flags: ClientTlsFlags, environment: NodeJS.ProcessEnv): Promise<ClientTls | undefined> {
  if (!wantsTls(flags)) return undefined;
  const [authorities, own] = await Promise.all([authoritiesOf(flags, environment), ownPair(flags)]);
  const serverName = flags.tlsServerName === '' ? undefined : flags.tlsServerName;
  return { authorities, own, serverName, verify: !flags.tlsNoVerify };
}

/** Whether the flags ask for TLS. */
export function wantsTls({
  tls,
  tlsCaCert,
  tlsClientCert,
  tlsClientKey,
  tlsServerName,
  tlsNoVerify,
}: ClientTlsFlags): boolean {
  return tls || tlsNoVerify || [tlsCaCert, tlsClientCert, tlsClientKey, tlsServerName].some((value) => value !== '');
}

async function authoritiesOf(
  { tlsCaCert, tlsNoVerify }: ClientTlsFlags,
  environment: NodeJS.ProcessEnv,
): Promise<readonly string[]> {
  if (tlsCaCert !== '') {
    const parse = await bundleParser();
    return parse(await read(tlsCaCert, '--tls-ca-cert'), tlsCaCert);
  }
  if (tlsNoVerify) return [];
  const [{ systemRoots }, { silentLog }] = await Promise.all([
    import('../registry/trust/system-roots.ts'),
    import('../core/log.ts'),
  ]);
  return systemRoots(environment, silentLog);
}

async function ownPair({ tlsClientCert, tlsClientKey }: ClientTlsFlags): Promise<ClientTls['own']> {
  if (tlsClientCert === '') return undefined;
  const [{ readTlsFiles }, parse] = await Promise.all([import('../core/tls-files.ts'), bundleParser()]);
  const whenMissing = 'Give PEM files with --tls-client-cert and --tls-client-key.';
  const files = { certificate: tlsClientCert, privateKey: tlsClientKey, clientCa: undefined, whenMissing };
  const { certificates, privateKey } = await readTlsFiles(files, parse);
  return { certificate: certificates.join('\n'), privateKey };
}

async function bundleParser(): Promise<typeof parseCaBundle> {
  return (await import('../registry/trust/ca-bundle.ts')).parseCaBundle;
}

async function read(path: string, flag: string): Promise<Uint8Array> {
  const file = await readFirst([path], 'tls');
  if (file !== undefined) return file.bytes;
  throw new RunnerError('CFG_OPTION', `${path} does not exist`, { file: path, hint: `Give a PEM file with ${flag}.` });
}
