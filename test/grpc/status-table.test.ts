import { expect } from 'chai';
import type { ErrorCode } from '../../src/core/errors.ts';
import { type StatusName, statusNameOf } from '../../src/grpc/status-table.ts';

const cases: readonly { readonly what: string; readonly codes: readonly ErrorCode[]; readonly status: StatusName }[] = [
  {
    what: 'a bad reference',
    codes: [
      'REF_EMPTY',
      'REF_FORMAT',
      'REF_UPPERCASE',
      'REF_SCHEME',
      'REF_TOO_LONG',
      'REF_BARE_HEX',
      'REF_DIGEST_ALGO',
    ],
    status: 'INVALID_ARGUMENT',
  },
  { what: 'an image that is absent', codes: ['MAN_NOT_FOUND', 'REPO_NOT_FOUND', 'BLOB_UNKNOWN'], status: 'NOT_FOUND' },
  {
    what: 'a registry that refuses us',
    codes: ['AUTH_DENIED', 'AUTH_REFUSED', 'AUTH_FORBIDDEN'],
    status: 'PERMISSION_DENIED',
  },
  {
    what: 'a certificate that no step trusts',
    codes: ['TLS_NAME', 'TLS_UNTRUSTED', 'TLS_PROTOCOL'],
    status: 'FAILED_PRECONDITION',
  },
  { what: 'nothing reachable', codes: ['UNREACHABLE', 'REGISTRY_UNAVAILABLE'], status: 'UNAVAILABLE' },
  {
    what: 'a registry or token service that answers wrongly, which no retry changes [ER14]',
    codes: ['REGISTRY_ERROR', 'AUTH_CHALLENGE', 'AUTH_TOKEN'],
    status: 'FAILED_PRECONDITION',
  },
  { what: 'a rate limit', codes: ['RATE_LIMITED', 'OVERLOADED'], status: 'RESOURCE_EXHAUSTED' },
  { what: 'a caller that is gone', codes: ['CANCELLED'], status: 'CANCELLED' },
  { what: 'no time left', codes: ['DEADLINE', 'FUNCTION_TIMEOUT'], status: 'DEADLINE_EXCEEDED' },
  { what: 'a function that failed', codes: ['FUNCTION_FAILED', 'FUNCTION_OUTPUT'], status: 'INTERNAL' },
];

describe('the status of an error', () => {
  for (const { what, codes, status } of cases) {
    it(`is ${status} for ${what}`, () => {
      expect(codes.map((code) => statusNameOf[code])).to.deep.equal(codes.map(() => status));
    });
  }

  it('is never OK', () => {
    expect(Object.values(statusNameOf)).not.to.include('OK');
  });
});
