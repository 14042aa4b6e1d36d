import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import type { Log } from '../../core/log.ts';
import { certificateBlocks } from './pem.ts';

const maxFileBytes = 16 * 1024 * 1024;

/**
 * What "the system trusts": Node's bundled roots, the machine's store, and the certificates of SSL_CERT_FILE,
 * SSL_CERT_DIR and NODE_EXTRA_CA_CERTS (registry-behaviour 5.4 NT18, 5.3 TC18). One PEM per certificate, each once.
 * A file that cannot be read is warned of and left out. Takes some 50 ms: keep the result.
 */
export function systemRoots(environment: NodeJS.ProcessEnv, log: Log): readonly string[] {
  const bundled = getCACertificates('bundled');
  const store = getCACertificates('system');
  const named = namedFiles(environment, log).flatMap((path) => readCertificates(path, log));
  const roots = new Set([...bundled, ...store, ...named].map((pem) => pem.trim()));
  log.info('system certificate authorities', {
    bundled: new Set(bundled).size,
    store: new Set(store).size,
    named: new Set(named).size,
    total: roots.size,
  });
  return [...roots];
}

function namedFiles(environment: NodeJS.ProcessEnv, log: Log): readonly string[] {
  const files = [environment['SSL_CERT_FILE'], environment['NODE_EXTRA_CA_CERTS']];
  const folders = (environment['SSL_CERT_DIR'] ?? '').split(':').filter((folder) => folder !== '');
  return [
    ...files.filter((file): file is string => file !== undefined && file !== ''),
    ...folders.flatMap((folder) => filesIn(folder, log)),
  ];
}

function filesIn(folder: string, log: Log): readonly string[] {
  try {
    return readdirSync(folder)
      .map((name) => join(folder, name))
      .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
  } catch (error) {
    log.warn('cannot read a folder of certificates', { path: folder, error: String(error) });
    return [];
  }
}

function readCertificates(path: string, log: Log): readonly string[] {
  try {
    const size = statSync(path).size;
    if (size > maxFileBytes) throw new Error(`${String(size)} bytes are too many`);
    return certificateBlocks(readFileSync(path, 'latin1'));
  } catch (error) {
    log.warn('cannot read a file of certificates', { path, error: String(error) });
    return [];
  }
}
