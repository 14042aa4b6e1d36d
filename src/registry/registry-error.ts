import { RunnerError } from '../core/errors.ts';
import type { ErrorCode, ErrorDetails } from '../core/errors.ts';
import type { Reference } from '../image/reference.ts';
import { clientCertificateHint } from './trust/trust-error.ts';
import type { ErrorBody } from './error-body.ts';
import { statusNames } from './transport/status-names.ts';

/** What was asked of the registry. */
export interface Question {
  readonly reference: Reference;
  readonly content: 'manifest' | 'blob' | 'tags' | 'referrers';
  /** Tag or digest; `list` of tags; of referrers the digest that they refer to. */
  readonly target: string;
}

/** An answer that is neither success nor 401 or 403. */
export interface FailedAnswer {
  readonly status: number;
  readonly body: ErrorBody;
  readonly retryAfterSeconds: number | undefined;
  /** Whoever answered: the registry, or the storage that it redirected to. */
  readonly host: string;
  readonly redirected: boolean;
}

const unavailable: ReadonlySet<number> = new Set([408, 500, 502, 503, 504]);
/** Codes that no waiting cures, whatever the status beside them. */
const lasting: ReadonlySet<string> = new Set(['DENIED', 'UNAUTHORIZED', 'NAME_INVALID', 'UNSUPPORTED']);

/** What a registry's failure means for its caller (registry-behaviour 4.7). */
export function registryError(question: Question, answer: FailedAnswer): RunnerError {
  if (answer.status === 404) return notFound(question, answer);
  if (answer.status === 429) return rateLimited(answer);
  const isLasting = answer.body.codes.some((code) => lasting.has(code));
  if (unavailable.has(answer.status) && !isLasting) {
    return failure('REGISTRY_UNAVAILABLE', answer, `${answer.host} has trouble: ${outcome(answer)}`, {
      hint: 'Try again later; if it lasts, ask whoever runs the registry.',
    });
  }
  const shown = `${question.content} ${question.target} of ${repository(question)}`;
  return failure('REGISTRY_ERROR', answer, `${answer.host} did not give ${shown}: ${outcome(answer)}`, {
    hint: wantsCertificate(answer)
      ? clientCertificateHint(answer.host)
      : `Ask whoever runs ${answer.host} what this answer means; asking again does not change it.`,
  });
}

/** nginx refuses clients without a certificate, or with a wrong one, by a page of HTTP. */
function wantsCertificate({ status, body }: FailedAnswer): boolean {
  return status === 400 && body.isHtml && /SSL certifica/i.test(body.text);
}

/** Something else than a registry listens there: a web page came back. */
export function notARegistry(host: string, httpStatus: number): RunnerError {
  return new RunnerError('NOT_A_REGISTRY', `${host} answered but does not look like a registry: it sent a web page`, {
    httpStatus,
    hint: `Check the host name and port of the image; a registry answers on https://${host}/v2/ with JSON.`,
  });
}

function notFound(question: Question, answer: FailedAnswer): RunnerError {
  if (question.content === 'blob') {
    const message = `${repository(question)} has a manifest that refers to ${question.target}, which is missing`;
    return failure('BLOB_UNKNOWN', answer, `${message}: the registry's copy is incomplete`, {
      hint: 'Push the image again.',
    });
  }
  if (answer.body.codes.includes('NAME_UNKNOWN')) {
    return failure('REPO_NOT_FOUND', answer, noRepository(question, answer), { hint: repositoryHint });
  }
  if (answer.body.isHtml && !answer.redirected) return notARegistry(answer.host, answer.status);
  if (question.content === 'tags')
    return failure('REPO_NOT_FOUND', answer, noRepository(question, answer), { hint: repositoryHint });
  const kind = question.target.includes(':') ? 'digest' : 'tag';
  return failure('MAN_NOT_FOUND', answer, `${kind} ${question.target} does not exist in ${repository(question)}`, {
    hint: `Check the spelling of the ${kind}, and that the image was pushed.`,
  });
}

const repositoryHint = 'Check the spelling of the image name, and that the image was pushed to this registry.';

function noRepository({ reference }: Question, { host }: FailedAnswer): string {
  return `repository ${reference.path} does not exist on ${host}`;
}

function rateLimited(answer: FailedAnswer): RunnerError {
  const seconds = answer.retryAfterSeconds;
  const message = `${answer.host} limits the rate of requests${whenToRetry(seconds)}${said(answer.body)}`;
  return failure('RATE_LIMITED', answer, message, {
    hint: rateHint,
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
  });
}

export const rateHint = 'Wait; a registry login or a mirror raises the limit.';

/** `, retry after 5 s`, or nothing where the server does not say. */
export function whenToRetry(seconds: number | undefined): string {
  return seconds === undefined ? '' : `, retry after ${String(seconds)} s`;
}

function failure(code: ErrorCode, answer: FailedAnswer, message: string, details: ErrorDetails = {}): RunnerError {
  const retry =
    code !== 'REGISTRY_UNAVAILABLE' || answer.retryAfterSeconds === undefined
      ? {}
      : { retryAfterSeconds: answer.retryAfterSeconds };
  return new RunnerError(code, message, { httpStatus: answer.status, ...retry, ...details });
}

function outcome(answer: FailedAnswer): string {
  return `unexpected status ${statusLine(answer.status)}${said(answer.body)}`;
}

/** `404 Not Found`; a status without a name stands alone. */
export function statusLine(status: number): string {
  const name = statusNames[status];
  return name === undefined ? String(status) : `${String(status)} ${name}`;
}

/** The server's own words after a colon, or nothing. */
export function said(body: ErrorBody | undefined): string {
  return body === undefined || body.text === '' ? '' : `: ${body.text}`;
}

function repository(question: Question): string {
  return `${question.reference.domain}/${question.reference.path}`;
}
