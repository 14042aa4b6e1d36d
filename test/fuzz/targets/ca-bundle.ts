import { rootCertificates } from 'node:tls';
import { parseCaBundle } from '../../../src/registry/trust/ca-bundle.ts';
import { texts, type Target } from '../target.ts';

const [first = '', second = ''] = rootCertificates;

export const caBundle: Target = {
  name: 'CA bundle',
  codes: ['CFG_CA'],
  corpus: texts(first, `# a comment\n${first}\n${second}\n`, `${second}\r\n`),
  tokens: texts(
    '-----BEGIN CERTIFICATE-----',
    '-----END CERTIFICATE-----',
    '-----BEGIN RSA PRIVATE KEY-----',
    '-----',
    '\n',
    '\r',
    '=',
    'A',
    'MIIB',
    ' ',
  ),
  maxBytes: 65_536,
  parse: (input) => {
    const bundle = parseCaBundle(input, '/tls/ca.crt');
    if (bundle.length === 0) throw new Error('an empty bundle trusts nobody without a word');
  },
};
