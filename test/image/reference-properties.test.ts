import { expect } from 'chai';
import * as fc from 'fast-check';

import { RunnerError } from '../../src/core/errors.ts';
import { parseReference, type Reference } from '../../src/image/reference.ts';

const settings = { seed: 20_260_101, numRuns: 2000 };

const pathPart = fc.stringMatching(/^[a-z0-9]{1,4}([._]|__|-{1,3}){0,1}[a-z0-9]{1,4}$/);
const host = fc.constantFrom(
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'localhost',
  'localhost:5000',
  'GHCR.io',
  'Registry',
  'a.b-c.example:8443',
  '127.0.0.1:5000',
  '[::1]',
  '[2001:DB8::1]:5000',
);
const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/);
const digest = fc.oneof(fc.stringMatching(/^sha256:[0-9a-f]{64}$/), fc.stringMatching(/^sha512:[0-9a-f]{128}$/));

const validName = fc
  .record({
    host: fc.option(host),
    path: fc.array(pathPart, { minLength: 1, maxLength: 4 }),
    tag: fc.option(tag),
    digest: fc.option(digest),
  })
  .map((parts) => {
    const path = parts.path.join('/');
    const name = parts.host === null ? path.replaceAll('.', '-') : `${parts.host}/${path}`;
    return `${name}${parts.tag === null ? '' : `:${parts.tag}`}${parts.digest === null ? '' : `@${parts.digest}`}`;
  });

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(fc.constantFrom('a', 'A', '0', '.', '-', '_', '/', ':', '@', '[', ']', 'sha256:', ' ', '\n', 'é'), {
      maxLength: 60,
    })
    .map((parts) => parts.join('')),
);

function parsedOrRefused(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch (thrown) {
    expect(thrown).to.be.instanceOf(RunnerError);
    expect(thrown).to.have.property('code').that.matches(/^REF_/);
    expect(thrown)
      .to.have.property('message')
      .that.does.not.match(/\p{Cc}/u);
    return undefined;
  }
}

function sameImage(a: Reference, b: Reference): void {
  expect({ domain: b.domain, path: b.path, target: b.target, canonical: b.canonical }).to.deep.equal({
    domain: a.domain,
    path: a.path,
    target: a.target,
    canonical: a.canonical,
  });
}

describe('image reference, for any input', () => {
  it('means the same image when its canonical form is parsed again', () => {
    fc.assert(
      fc.property(validName, (text) => {
        const reference = parseReference(text);
        sameImage(reference, parseReference(reference.canonical));
      }),
      settings,
    );
  });

  it('[J5] [J6] is either refused with a REF_ error or safe to put into a URL', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const reference = parsedOrRefused(text);
        if (reference === undefined) return;
        sameImage(reference, parseReference(reference.canonical));
        const url = new URL(`https://${reference.apiHost}/v2/${reference.path}/manifests/${reference.target}`);
        expect(url.pathname).to.equal(`/v2/${reference.path}/manifests/${reference.target}`);
        expect(reference.apiHost.replace(/:443$/, '')).to.equal(url.host);
      }),
      settings,
    );
  });

  it('[KP2] takes a prefix only without a slash, and then always', () => {
    fc.assert(
      fc.property(validName, (text) => {
        const prefixed = parseReference(text, { defaultImagePrefix: 'registry.example.com/team/' });
        const expected = parseReference(text.includes('/') ? text : `registry.example.com/team/${text}`);
        sameImage(expected, prefixed);
      }),
      settings,
    );
  });
});
