import { X509Certificate } from 'node:crypto';
import { RunnerError } from '../../core/errors.ts';
import { pemBlocks } from './pem.ts';
import type { PemBlock } from './pem.ts';

const maxLabelsNamed = 5;

/**
 * Reads a bundle of certificate authorities: one PEM per certificate, at least one. Throws `CFG_CA` naming the file and
 * the block. Blocks of other types are skipped, with a line to `warn` for each of the first few types. OpenSSL is laxer:
 * it silently loses what stands after a broken block, and an empty bundle then trusts nobody without a word
 * (registry-behaviour 5.4, NT3 to NT7).
 */
export function parseCaBundle(
  bytes: Uint8Array,
  file: string,
  warn: (warning: string) => void = () => undefined,
): readonly string[] {
  const blocks = pemBlocks(Buffer.from(bytes).toString('latin1'));
  if (blocks.length === 0) throw caError(file, emptyReason(bytes));
  const others = otherLabels(blocks);
  if (blocks.every(({ label }) => label !== 'CERTIFICATE'))
    throw caError(file, `it holds no CERTIFICATE, only ${others.join(', ')}`);
  const certificates = blocks.flatMap((block, index) =>
    block.label === 'CERTIFICATE' ? [certificate(block, index + 1, file)] : [],
  );
  for (const label of others) warn(skipped(label));
  return certificates;
}

function otherLabels(blocks: readonly PemBlock[]): readonly string[] {
  const labels = new Set(blocks.map(({ label }) => label).filter((label) => label !== 'CERTIFICATE'));
  return [...labels].slice(0, maxLabelsNamed);
}

function skipped(label: string): string {
  return label.endsWith('PRIVATE KEY')
    ? `it holds a ${label}, which is not needed and should not be there: remove it, and replace the key if others could read the file`
    : `a ${label} block is no CERTIFICATE; skipped`;
}

/** One line for each certificate that is not valid at `nowMs`. */
export function outOfDate(bundle: readonly string[], nowMs: number): readonly string[] {
  return bundle.flatMap((pem) => {
    const { subject, validFrom, validTo, validFromDate, validToDate } = new X509Certificate(pem);
    const name = subject.replaceAll('\n', ', ');
    if (validToDate.getTime() < nowMs) return [`${name} expired on ${validTo}`];
    return validFromDate.getTime() > nowMs ? [`${name} is not valid before ${validFrom}`] : [];
  });
}

function certificate(block: PemBlock, number: number, file: string): string {
  const where = `PEM block ${String(number)}`;
  if (!block.complete) throw caError(file, `${where} has no END line`);
  try {
    return new X509Certificate(block.text).toString().trim();
  } catch (cause) {
    throw caError(file, `${where} is no valid certificate`, cause);
  }
}

function emptyReason(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'it is empty';
  return bytes[0] === 0x30 ? 'it looks like DER; convert it to PEM' : 'it holds no PEM certificate';
}

function caError(file: string, reason: string, cause?: unknown): RunnerError {
  return new RunnerError('CFG_CA', `${file}: ${reason}`, {
    file,
    hint: 'Mount a file of PEM certificates, each between its BEGIN CERTIFICATE and END CERTIFICATE lines.',
    ...(cause === undefined ? {} : { cause }),
  });
}
