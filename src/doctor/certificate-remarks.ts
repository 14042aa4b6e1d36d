import { X509Certificate } from 'node:crypto';
import { certificateAge } from '../grpc/tls/certificate-age.ts';
import { ok, problem, type Remark, warning } from './remark.ts';

const dayMs = 86_400_000;
const renew = 'Renew it, and replace the file; it is read anew without a restart.';

interface Dated {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A chain that is shown: each certificate of it has to be in date. */
export function chainRemarks(file: string, pems: readonly string[], nowMs: number): readonly Remark[] {
  return pems.map((pem) => certificateRemark(file, dated(pem), nowMs));
}

/** Authorities that are trusted: those out of date are a problem when no other is left. */
export function authorityRemarks(file: string, pems: readonly string[], nowMs: number): readonly Remark[] {
  const all = pems.map((pem) => certificateRemark(file, dated(pem), nowMs));
  const good = all.filter(({ result }) => result !== 'problem');
  const others = all.filter(({ result }) => result !== 'ok');
  const plain = good.length - others.filter(({ result }) => result === 'warning').length;
  const fewer = others.map((each): Remark => (good.length > 0 ? { ...each, result: 'warning' } : each));
  if (all.length === 1 || plain === 0) return [...all.filter(({ result }) => result === 'ok'), ...fewer];
  return [ok(file, `${String(plain)} certificate authorities, all in date`), ...fewer];
}

function certificateRemark(file: string, { name, fromMs, toMs }: Dated, nowMs: number): Remark {
  const until = `${name}: valid until ${dateOf(toMs)}`;
  if (fromMs > nowMs) return problem(file, `${name}: not valid before ${dateOf(fromMs)}`, 'Check the clocks, or wait.');
  switch (certificateAge(toMs, nowMs)) {
    case 'fresh':
      return ok(file, until);
    case 'ends-soon':
      return warning(file, `${until}, in ${String(Math.floor((toMs - nowMs) / dayMs))} days`, renew);
    case 'ended':
      return problem(file, `${name}: expired on ${dateOf(toMs)}`, renew);
  }
}

function dated(pem: string): Dated {
  const { subject, validFromDate, validToDate } = new X509Certificate(pem);
  return { name: subject.replaceAll('\n', ', '), fromMs: validFromDate.getTime(), toMs: validToDate.getTime() };
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}
