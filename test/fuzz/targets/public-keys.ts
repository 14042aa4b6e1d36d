import { parsePublicKeys } from '../../../src/signatures/public-key.ts';
import { recordedSignatures } from '../../signatures/recorded.ts';
import { texts, type Target } from '../target.ts';

const pems = recordedSignatures.map(({ publicPem }) => publicPem);

export const publicKeys: Target = {
  name: 'public keys',
  codes: ['CFG_OPTION'],
  corpus: texts(...pems, `# a comment\n${pems.join('\r\n')}`),
  tokens: texts(
    '-----BEGIN PUBLIC KEY-----',
    '-----END PUBLIC KEY-----',
    '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----',
    '-----BEGIN CERTIFICATE-----',
    '-----',
    '\n',
    '=',
    'A',
    'MFkwEwYHKoZIzj0CAQYI',
    ' ',
  ),
  maxBytes: 65_536,
  parse: (input) => {
    if (parsePublicKeys(input, '/keys/cosign.pub').length === 0) throw new Error('no key, and no word about it');
  },
};
