import { expect } from 'chai';
import { connectionTrouble } from '../../src/commands/connection-trouble.ts';

/** As grpc-js says it. */
const details = (error: string): string => `No connection established. Last error: ${error} (2026-01-01T00:00:00.000Z)`;

const rows: readonly (readonly [client: 'tls' | 'plaintext', error: string, message: RegExp | undefined])[] = [
  [
    'tls',
    'Error: 40:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number',
    /does not speak TLS/,
  ],
  ['tls', 'Error: 40:error:0A00009C:SSL routines::http request', /does not speak TLS/],
  [
    'tls',
    'Error: 40:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required',
    /asks for a client/,
  ],
  ['tls', 'Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match', /for another name/],
  ['tls', 'Error: certificate has expired', /out of date/],
  ['tls', 'Error: self-signed certificate in certificate chain', /not trusted here/],
  ['tls', 'Error: unable to verify the first certificate', /not trusted here/],
  ['tls', 'Error: read ECONNRESET', /ended the connection during or right after the TLS handshake/],
  ['tls', 'Failed to connect', /ended the connection during or right after the TLS handshake/],
  ['tls', 'Error: 40:error:0A000412:SSL routines::sslv3 alert bad certificate', /ended the connection during/],
  ['plaintext', 'Failed to connect', /as one that speaks TLS does/],
  ['plaintext', 'Error: read ECONNRESET', /as one that speaks TLS does/],
  ['tls', 'Error: connect ECONNREFUSED 127.0.0.1:1', /nothing listens there/],
  ['plaintext', 'Error: connect ECONNREFUSED 127.0.0.1:1', /nothing listens there/],
  ['tls', 'Error: connect EHOSTUNREACH 192.0.2.1:1', undefined],
  ['plaintext', 'Error: connect EHOSTUNREACH 192.0.2.1:1', undefined],
];

describe('why a client got no connection', () => {
  for (const [client, error, message] of rows) {
    it(`over ${client}: ${error} is ${message === undefined ? 'left as it is' : String(message)}`, () => {
      const trouble = connectionTrouble(details(error), client === 'tls');
      if (message === undefined) expect(trouble).to.equal(undefined);
      else expect(trouble?.message).to.match(message);
    });
  }

  it('is said of host names that do not exist', () => {
    const trouble = connectionTrouble('Name resolution failed for target dns:nowhere.invalid:9445', false);
    expect(trouble?.message).to.match(/host name does not exist/);
  });

  it('is not read into what a service answers', () => {
    expect(connectionTrouble('the registry said: Failed to connect, wrong version number', true)).to.equal(undefined);
  });
});
