import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import type { CommandIo } from '../../src/commands/command-io.ts';
import { failureText } from '../../src/commands/failure-text.ts';
import { shownFailure } from '../../src/commands/shown-failure.ts';
import type { Attempt } from '../../src/core/attempt.ts';
import { RunnerError } from '../../src/core/errors.ts';

const output = { write: (): void => undefined, isTTY: false };
const { signal } = new AbortController();
const io: CommandIo = {
  stdout: output,
  stderr: output,
  stdin: new PassThrough(),
  environment: {},
  stop: signal,
  hurry: signal,
};

const attempts: readonly Attempt[] = [
  { step: 'mounted-ca', address: 'r.example:443', outcome: 'failed', reason: 'self-signed certificate' },
  { step: 'system-ca', address: 'r.example:443', outcome: 'failed', reason: 'unknown authority' },
  { step: 'plaintext', address: 'r.example:80', outcome: 'skipped', reason: 'not allowed' },
];
const tried =
  'mounted-ca r.example:443: self-signed certificate; system-ca r.example:443: unknown authority; plaintext r.example:80 skipped: not allowed';

describe('a failure for a person', () => {
  it('says each attempt once, in the list below the message', () => {
    const message = `the certificate of r.example is not trusted: ${tried}`;
    const text = failureText(new RunnerError('TLS_UNTRUSTED', message, { attempts, hint: 'Mount the CA.' }), io);
    expect(text.split('\n')).to.deep.equal([
      'error: the certificate of r.example is not trusted (TLS_UNTRUSTED, FAILED_PRECONDITION)',
      '  tried mounted-ca r.example:443 failed: self-signed certificate',
      '  tried system-ca r.example:443 failed: unknown authority',
      '  tried plaintext r.example:80 skipped: not allowed',
      '  hint: Mount the CA.',
      '',
    ]);
  });

  it('keeps a message that tells more than the attempts', () => {
    const message = 'registry says no: it is closed';
    const text = failureText(new RunnerError('UNREACHABLE', message, { attempts }), io);
    expect(text).to.match(/^error: registry says no: it is closed \(UNREACHABLE, UNAVAILABLE\)\n/);
  });

  it('does not repeat in its hint what the message says, in JSON neither', () => {
    const error = new RunnerError('CFG_OPTION', 'no such port. Give a free port.', { hint: 'Give a free port.' });
    expect(failureText(error, io)).not.to.include('hint');
    expect(shownFailure(error).hint).to.equal('');
  });
});
