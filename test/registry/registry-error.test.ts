import { expect } from 'chai';

import { Secret } from '../../src/core/secret.ts';
import { parseReference } from '../../src/image/reference.ts';
import { parseErrorBody } from '../../src/registry/error-body.ts';
import { registryError } from '../../src/registry/registry-error.ts';
import { parseWarning, RegistryWarnings } from '../../src/registry/registry-warnings.ts';
import { safeText, withoutSecrets } from '../../src/core/safe-text.ts';
import { RecordingLog } from './recording-log.ts';

function codes(...entries: readonly (readonly [code: string, message: string])[]): string {
  return JSON.stringify({ errors: entries.map(([code, message]) => ({ code, message, detail: { a: 1 } })) });
}

interface Case {
  readonly row: string;
  readonly what: string;
  readonly status: number;
  readonly body: string;
  readonly code: string;
  readonly says: string;
}

const reference = parseReference('registry.example.com/team/fn:v1');
const html =
  '<!DOCTYPE html>\n<html><head><title>Welcome to an ingress that is not a registry at all</title></head></html>';

const cases: readonly Case[] = [
  {
    row: 'ER1',
    what: 'MANIFEST_UNKNOWN',
    status: 404,
    body: codes(['MANIFEST_UNKNOWN', 'manifest unknown']),
    code: 'MAN_NOT_FOUND',
    says: 'tag v1 does not exist in registry.example.com/team/fn',
  },
  {
    row: 'ER2',
    what: 'NAME_UNKNOWN',
    status: 404,
    body: codes(['NAME_UNKNOWN', 'repository name not known']),
    code: 'REPO_NOT_FOUND',
    says: 'repository team/fn does not exist on registry.example.com',
  },
  {
    row: 'ER3',
    what: 'NOT_FOUND',
    status: 404,
    body: codes(['NOT_FOUND', 'artifact team/fn:v1 not found']),
    code: 'MAN_NOT_FOUND',
    says: 'v1',
  },
  {
    row: 'ER4',
    what: 'the code "404"',
    status: 404,
    body: codes(['404', 'not found']),
    code: 'MAN_NOT_FOUND',
    says: 'v1',
  },
  { row: 'ER5', what: 'plain text', status: 404, body: 'Not found', code: 'MAN_NOT_FOUND', says: 'v1' },
  {
    row: 'ER6',
    what: 'a web page',
    status: 404,
    body: html,
    code: 'NOT_A_REGISTRY',
    says: 'registry.example.com answered but does not look like a registry',
  },
  {
    row: 'ER13',
    what: 'TOOMANYREQUESTS',
    status: 429,
    body: codes(['TOOMANYREQUESTS', 'slow down']),
    code: 'RATE_LIMITED',
    says: 'TOOMANYREQUESTS: slow down',
  },
  {
    row: 'ER14',
    what: 'NAME_INVALID',
    status: 400,
    body: codes(['NAME_INVALID', 'bad name']),
    code: 'REGISTRY_ERROR',
    says: 'NAME_INVALID: bad name',
  },
  {
    row: 'ER15',
    what: 'five errors, of which three are shown',
    status: 400,
    body: codes(['A', 'one'], ['B', 'two'], ['C', 'three'], ['D', 'four'], ['E', 'five']),
    code: 'REGISTRY_ERROR',
    says: 'A: one; B: two; C: three; and 2 more',
  },
  {
    row: 'ER16',
    what: 'no body',
    status: 400,
    body: '',
    code: 'REGISTRY_ERROR',
    says: 'unexpected status 400 Bad Request',
  },
  {
    row: 'ER17',
    what: 'a web page for 400',
    status: 400,
    body: html,
    code: 'REGISTRY_ERROR',
    says: 'unexpected status 400 Bad Request: <!DOCTYPE html> <html><head><title>Welcome to an i…',
  },
  {
    row: 'ER18',
    what: 'a status that is none',
    status: 333,
    body: '',
    code: 'REGISTRY_ERROR',
    says: 'unexpected status 333',
  },
  {
    row: 'ER19',
    what: 'an empty list of errors',
    status: 404,
    body: '{"errors":[]}',
    code: 'MAN_NOT_FOUND',
    says: 'v1',
  },
  ...[500, 502, 503, 504].map((status) => ({
    row: 'ER21',
    what: `status ${String(status)}`,
    status,
    body: '',
    code: 'REGISTRY_UNAVAILABLE',
    says: String(status),
  })),
  {
    row: 'ER22',
    what: 'a temporary code beside DENIED',
    status: 500,
    body: codes(['TOOMANYREQUESTS', 'slow down'], ['DENIED', 'no']),
    code: 'REGISTRY_ERROR',
    says: 'DENIED: no',
  },
];

describe("a registry's failure", () => {
  for (const { row, what, status, body, code, says } of cases) {
    it(`[${row}] is ${code} for ${what}`, () => {
      const error = registryError(
        { reference, content: 'manifest', target: 'v1' },
        {
          status,
          body: parseErrorBody(body, undefined),
          retryAfterSeconds: undefined,
          host: reference.domain,
          redirected: false,
        },
      );
      expect(error).to.include({ code });
      expect(error.message).to.include(says);
      expect(error.details.httpStatus).to.equal(status);
    });
  }

  it('[ER13] carries how long to wait', () => {
    const error = registryError(
      { reference, content: 'manifest', target: 'v1' },
      {
        status: 429,
        body: parseErrorBody('', undefined),
        retryAfterSeconds: 90,
        host: reference.domain,
        redirected: false,
      },
    );
    expect(error.details.retryAfterSeconds).to.equal(90);
    expect(error.message).to.include('retry after 90 s');
  });

  it('[CB10] is BLOB_UNKNOWN for a config that is not there', () => {
    const error = registryError(
      { reference, content: 'blob', target: 'sha256:1' },
      {
        status: 404,
        body: parseErrorBody('', undefined),
        retryAfterSeconds: undefined,
        host: reference.domain,
        redirected: false,
      },
    );
    expect(error.code).to.equal('BLOB_UNKNOWN');
    expect(error.message).to.include("the registry's copy is incomplete");
  });
});

describe('text from a server', () => {
  it('[ER9] is found in what other servers call details, message or error', () => {
    expect(parseErrorBody('{"details":"incorrect username or password"}', undefined).text).to.equal(
      'incorrect username or password',
    );
    expect(parseErrorBody('{"error":"invalid_grant","error_description":"expired"}', undefined).text).to.equal(
      'expired',
    );
  });

  it('[ER17] is cut, and one line without control characters', () => {
    expect(safeText('a\r\n\tb\u0000\u001b[31mc\u2028d', 100)).to.equal('a b [31mc d');
    expect(safeText('x'.repeat(300), 200)).to.have.lengthOf(201);
  });

  const redacted: readonly (readonly [text: string, shown: string])[] = [
    [
      'see https://s3.example/b?X-Amz-Signature=canary&ns=docker.io now',
      'see https://s3.example/b?X-Amz-Signature=…&ns=… now',
    ],
    ['GET /token?access_token=canary', 'GET /token?access_token=…'],
    ['from https://user:canary@host.example/x', 'from https://host.example/x'],
  ];
  for (const [text, shown] of redacted) {
    it(`[ER23] shows "${text.replaceAll('canary', '***')}" without query values and user names`, () => {
      expect(safeText(text, 200)).to.equal(shown);
    });
  }

  it('loses the secrets that were sent, but not every short word', () => {
    const secrets = [new Secret('pa:ss"word'), new Secret('a')];
    expect(withoutSecrets('bad login joe:pa:ss"word at gate', secrets)).to.equal('bad login joe:[redacted] at gate');
  });

  it('is cleaned in linear time', () => {
    const startMs = performance.now();
    for (const text of [' '.repeat(1e6), '?a'.repeat(5e5), 'https://'.repeat(1e5), `https://${'a:'.repeat(1e5)}`])
      safeText(text, 200);
    expect(performance.now() - startMs).to.be.below(200);
  });
});

describe('a Warning header', () => {
  const warnings: readonly (readonly [what: string, header: string, text: string | undefined])[] = [
    ['the one form there is', '299 - "this registry is read-only"', 'this registry is read-only'],
    ['escaped quotes', '299 - "say \\"no\\""', 'say "no"'],
    ['another code', '199 - "text"', undefined],
    ['another agent', '299 proxy "text"', undefined],
    ['no quotes', '299 - text', undefined],
    ['text after the end', '299 - "text" "Wed, 21 Oct 2015 07:28:00 GMT"', undefined],
    ['a control character', '299 - "te\u0007xt"', undefined],
    ['an unfinished escape', '299 - "text\\"', undefined],
    ['nothing', '299 - ""', undefined],
  ];
  for (const [what, header, text] of warnings) {
    it(`[ER24] is ${text === undefined ? 'ignored with' : 'read with'} ${what}`, () => {
      expect(parseWarning(header)).to.equal(text);
    });
  }

  it('[ER24] is logged once for each text of each host, at most 1 KiB of it', () => {
    const log = new RecordingLog();
    const noted = new RegistryWarnings(log);
    for (let n = 0; n < 3; n += 1) noted.note('a.example', { warning: ['299 - "one"', '299 - "two"'] });
    noted.note('b.example', { warning: `299 - "${'x'.repeat(5000)}"` });
    expect(log.values.map((value) => value['text'])).to.deep.equal(['one', 'two', `${'x'.repeat(1024)}…`]);
  });
});
