import { Keyring } from '../../../src/credentials/keyring.ts';
import { RunnerError } from '../../../src/core/errors.ts';
import { parseReference } from '../../../src/image/reference.ts';
import { texts, type Target } from '../target.ts';

const auth = Buffer.from('user:pass:word').toString('base64');
const images = ['nginx', 'registry.example.com:8443/team/fn:v1', '[::1]:5000/a'].map((text) => parseReference(text));

export const credentials: Target = {
  name: 'dockerconfigjson',
  isJson: true,
  codes: ['CFG_JSON', 'CFG_SHAPE', 'CFG_ENTRY_AUTH'],
  corpus: texts(
    JSON.stringify({ auths: { 'https://index.docker.io/v1/': { auth }, 'registry.example.com:8443/team': { auth } } }),
    JSON.stringify({
      auths: { '*.example.com:8443': { username: 'a', password: 'b', email: 'c' }, '[::1]:5000': { auth } },
    }),
    JSON.stringify({ 'registry.example.com': { auth, identitytoken: 'x' }, 'quay.io': { registrytoken: 'y' } }),
    JSON.stringify({ auths: {}, credHelpers: { 'gcr.io': 'gcloud' }, credsStore: 'desktop', HttpHeaders: {} }),
  ),
  tokens: texts(
    '"auths"',
    '"auth"',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    '\\u0000',
    '*',
    '**',
    '*.',
    '?',
    auth,
    '"identitytoken"',
    '"credHelpers"',
    '"credsStore"',
    'null',
    '//',
    '"a":',
  ),
  maxBytes: 65_536,
  parse: (input) => {
    const keyring = Keyring.parse(input, '/secret/.dockerconfigjson');
    const found = images.flatMap((image) => Keyring.lookupIn([keyring], image).candidates);
    const names = images
      .map((image) => keyring.helperFor(image))
      .map((helper) => helper?.kind === 'program' && helper.name);
    if (names.some((name) => name !== false && !/^[a-z0-9-]+$/.test(name)))
      throw new Error('a name that may be a path');
    for (const candidate of found) {
      if (candidate.kind === 'broken') throw new RunnerError('CFG_ENTRY_AUTH', `${candidate.key}: ${candidate.reason}`);
    }
  },
};
