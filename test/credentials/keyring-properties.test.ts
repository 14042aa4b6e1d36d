import { expect } from 'chai';
import * as fc from 'fast-check';

import { RunnerError } from '../../src/core/errors.ts';
import { Keyring } from '../../src/credentials/keyring.ts';
import { parseReference } from '../../src/image/reference.ts';

const settings = { seed: 20_260_102, numRuns: 1000 };
const file = '/etc/auth/.dockerconfigjson';
const image = parseReference('a.example.com:5000/team/app');
const canary = 'c4n4ryS3cret';

const keyText = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc
    .array(
      fc.constantFrom('a', '.', 'example', 'com', '*', '[', ']', ':', '5000', '/', 'team', 'https://', '@', '?', '#'),
      {
        maxLength: 8,
      },
    )
    .map((parts) => parts.join('')),
  fc.constantFrom('a.example.com:5000', '*.example.com:5000/team', '__proto__', 'constructor'),
);
const fieldValue = fc.oneof(
  fc.constantFrom(canary, Buffer.from(`user:${canary}`).toString('base64'), `${canary}\n`, canary.slice(1), ''),
  fc.jsonValue({ maxDepth: 1 }),
);
const entry = fc.oneof(
  fc.dictionary(fc.constantFrom('auth', 'password', 'identitytoken', 'registrytoken', 'Auth', 'x'), fieldValue),
  fc.jsonValue({ maxDepth: 1 }),
);

function parsedOrRefused(bytes: Uint8Array): Keyring | undefined {
  try {
    return Keyring.parse(bytes, file);
  } catch (thrown) {
    expect(thrown).to.be.instanceOf(RunnerError);
    expect(thrown)
      .to.have.property('code')
      .that.matches(/^CFG_(JSON|SHAPE)$/);
    return undefined;
  }
}

describe('credentials document, for any input', () => {
  it('is read or refused with a CFG_ error, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        parsedOrRefused(bytes);
      }),
      settings,
    );
  });

  it('is read or refused with a CFG_ error, whatever the JSON', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.jsonValue().map((auths) => JSON.stringify({ auths })),
        ),
        (json) => {
          const keyring = parsedOrRefused(Buffer.from(json));
          if (keyring !== undefined) expect(Keyring.lookupIn([keyring], image).candidates).to.have.length.above(0);
        },
      ),
      settings,
    );
  });

  it('always gives a candidate, offers none twice, and shows no secret', () => {
    fc.assert(
      fc.property(fc.dictionary(keyText, entry), (auths) => {
        const keyring = Keyring.parse(Buffer.from(JSON.stringify({ auths })), file);
        const candidates = Keyring.lookupIn([keyring], image).candidates;
        expect(candidates).to.have.length.above(0);
        const prints = candidates.flatMap((candidate) => (candidate.kind === 'login' ? [candidate.fingerprint] : []));
        expect(new Set(prints)).to.have.property('size', prints.length);
        const shown = JSON.stringify([candidates, keyring.warnings, Keyring.lookupIn([keyring], image).warnings]);
        expect(shown).to.not.include(canary.slice(1));
        expect(shown).to.not.include(Buffer.from(`user:${canary}`).toString('base64'));
      }),
      settings,
    );
  });
});
