import { createHash } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { Secret } from '../../core/secret.ts';
import { parseCaBundle } from '../trust/ca-bundle.ts';
import type { HostTls } from '../trust/host-tls.ts';
import { readSmallFile, reasonOf } from './host-folder.ts';
import type { HostEntry } from './hosts-file.ts';

/** Undefined where a host has nothing of its own. Throws an error that names the file that cannot be used. */
export async function readHostTls(entry: HostEntry): Promise<HostTls | undefined> {
  const { caFiles, clientPairs, skipVerify } = entry;
  if (caFiles.length + clientPairs.length === 0 && !skipVerify) return undefined;
  const ca = (await Promise.all(caFiles.map(async (file) => parseCaBundle(await read(file), file)))).flat();
  const clientCertificates = await Promise.all(clientPairs.map(readPair));
  const hash = createHash('sha256').update(String(skipVerify));
  for (const pem of ca) hash.update(`\0ca ${pem}`);
  for (const { certificate, privateKey } of clientCertificates)
    hash.update(`\0client ${certificate}\0`).update(privateKey.reveal());
  return { key: hash.digest('hex'), ca, clientCertificates, clientFor: 'host', skipVerify };
}

async function readPair(files: HostEntry['clientPairs'][number]): Promise<HostTls['clientCertificates'][number]> {
  const certificate = (await read(files.certificate)).toString('latin1');
  const privateKey = new Secret(await read(files.key));
  try {
    createSecureContext({ cert: certificate, key: privateKey.reveal() });
  } catch (thrown) {
    // OpenSSL's words are about the form of the files, never their content.
    throw new Error(`${files.certificate} with its key is no client certificate: ${reasonOf(thrown)}`, {
      cause: thrown,
    });
  }
  return { certificate, privateKey };
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readSmallFile(file);
  } catch (thrown) {
    throw new Error(`${file} cannot be read: ${reasonOf(thrown)}`, { cause: thrown });
  }
}
