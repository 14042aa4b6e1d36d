import { Metadata, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { type ErrorCode, type ErrorDetails, RunnerError } from '../../src/core/errors.ts';
import { failureStatus } from '../../src/grpc/failure-status.ts';
import { FunctionFailure } from '../../src/grpc/function-failure.ts';
import { GrpcFailure } from '../../src/rpc/grpc-failure.ts';
import { statusNameOf } from '../../src/grpc/status-table.ts';

const maxBytes = 6 * 1024;

interface Sent {
  readonly failure: GrpcFailure;
  /** Names, values and the 32 bytes that HTTP/2 counts per header (RFC 9113, section 6.5.2). */
  readonly headerBytes: number;
}

function send(error: RunnerError): Sent {
  const sent = failureStatus(error);
  const { code = status.UNKNOWN, details = '', metadata = new Metadata() } = sent;
  const headers = { ...metadata.toHttp2Headers(), 'grpc-message': encodeURI(details), 'grpc-status': String(code) };
  const headerBytes = Object.entries(headers)
    .map(([name, value]) => name.length + String(value).length + 32)
    .reduce((sum, bytes) => sum + bytes, 0);
  const failure = new GrpcFailure(Object.assign(new Error(details), { code, details, metadata }));
  return { failure, headerBytes };
}

const attempt = {
  step: 'mounted-ca',
  address: 'registry.example:5000',
  outcome: 'failed',
  reason: 'self-signed',
} as const;

const hugeErrors: readonly { readonly what: string; readonly error: RunnerError }[] = [
  { what: 'a long message', error: new RunnerError('INTERNAL', 'x'.repeat(1_000_000)) },
  { what: 'a message of three-byte characters', error: new RunnerError('INTERNAL', '漢'.repeat(100_000)) },
  { what: 'a message of surrogate pairs', error: new RunnerError('INTERNAL', '😀'.repeat(100_000)) },
  { what: 'a message of halves of surrogate pairs', error: new RunnerError('INTERNAL', '\uD83D'.repeat(100_000)) },
  { what: 'a message of line feeds and quotes', error: new RunnerError('INTERNAL', '\n"'.repeat(100_000)) },
  {
    what: 'a thousand attempts',
    error: new RunnerError('TLS_UNTRUSTED', 'no step worked', {
      attempts: Array.from({ length: 1000 }, () => ({ ...attempt, reason: 'r'.repeat(5000) })),
    }),
  },
  {
    what: 'long values everywhere',
    error: new RunnerError('REF_FORMAT', '漢'.repeat(9000), {
      hint: '漢'.repeat(9000),
      image: '漢'.repeat(9000),
      registry: '漢\n'.repeat(9000),
      file: '漢'.repeat(9000),
      attempts: Array.from({ length: 100 }, () => ({
        ...attempt,
        address: '漢'.repeat(9000),
        reason: '漢'.repeat(90),
      })),
      retryAfterSeconds: 17,
    }),
  },
  {
    what: 'the stderr and results of a function',
    error: new FunctionFailure('registry.example/fn', {
      runtime: 'local',
      exitCode: 1,
      output: new Uint8Array(),
      stderr: Buffer.alloc(1_000_000, 'é"'),
      stderrBytes: 10_000_000,
      results: Array.from({ length: 1000 }, (_, n) => ({ message: `result ${String(n)}`, severity: 'error' as const })),
      digest: undefined,
    }),
  },
];

describe('an error on the wire', () => {
  for (const { what, error } of hugeErrors) {
    it(`stays under 6 KiB with ${what}`, () => {
      const { headerBytes, failure } = send(error);
      expect(headerBytes).to.be.at.most(maxBytes);
      expect(failure.reason).to.equal(error.code);
      expect(failure.message).not.to.equal('');
    });
  }

  it('uses the room that there is', () => {
    expect(send(new RunnerError('INTERNAL', 'x'.repeat(1_000_000))).headerBytes).to.be.above(maxBytes - 512);
  });

  it('says the size of what it cut', () => {
    const { failure } = send(new RunnerError('INTERNAL', `begin${'x'.repeat(1_000_000)}end`));
    expect(failure.message).to.match(/^beginx+….*1000008 characters.*…x+end$/);
  });

  it('keeps a short message whole', () => {
    expect(send(new RunnerError('UNREACHABLE', 'registry.example cannot be reached')).failure.message).to.equal(
      'registry.example cannot be reached',
    );
  });

  it('carries the reason, the hint and every attempt', () => {
    const attempts = [attempt, { ...attempt, step: 'plaintext', outcome: 'skipped', reason: 'not allowed' } as const];
    const { failure } = send(new RunnerError('TLS_UNTRUSTED', 'no step worked', { attempts, hint: 'Mount its CA.' }));
    expect(failure).to.include({ status: 'FAILED_PRECONDITION', reason: 'TLS_UNTRUSTED', hint: 'Mount its CA.' });
    expect(failure.attempts).to.deep.equal(attempts);
  });

  it('keeps the last attempts when not all fit', () => {
    const attempts = Array.from({ length: 100 }, (_, n) => ({ ...attempt, address: `host-${String(n)}:443` }));
    const { failure } = send(new RunnerError('TLS_UNTRUSTED', 'no step worked', { attempts }));
    expect(failure.attempts.at(-1)?.address).to.equal('host-99:443');
    expect(failure.attempts.length).to.be.within(2, 99);
  });
});

const detailCases: readonly {
  readonly what: string;
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly retryDelaySeconds: number | undefined;
  readonly badFields: readonly string[];
}[] = [
  {
    what: 'a rate limit with its delay',
    code: 'RATE_LIMITED',
    details: { retryAfterSeconds: 17 },
    retryDelaySeconds: 17,
    badFields: [],
  },
  { what: 'a rate limit without a delay', code: 'RATE_LIMITED', details: {}, retryDelaySeconds: 1, badFields: [] },
  { what: 'a bad reference', code: 'REF_FORMAT', details: {}, retryDelaySeconds: undefined, badFields: ['image'] },
  {
    what: 'a bad ResourceList',
    code: 'REQUEST_INVALID',
    details: {},
    retryDelaySeconds: undefined,
    badFields: ['resource_list'],
  },
  { what: 'an absent image', code: 'MAN_NOT_FOUND', details: {}, retryDelaySeconds: undefined, badFields: [] },
];

describe('the google.rpc details', () => {
  for (const { what, code, details, retryDelaySeconds, badFields } of detailCases) {
    it(`fit ${what}`, () => {
      const { failure } = send(new RunnerError(code, 'a message', details));
      expect({ retryDelaySeconds: failure.retryDelaySeconds, badFields: failure.badFields }).to.deep.equal({
        retryDelaySeconds,
        badFields,
      });
      expect(failure.status).to.equal(statusNameOf[code]);
    });
  }
});
