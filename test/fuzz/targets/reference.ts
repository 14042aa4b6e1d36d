import { parseReference } from '../../../src/image/reference.ts';
import { texts, type Target } from '../target.ts';

const hex = '0123456789abcdef'.repeat(4);

export const reference: Target = {
  name: 'reference',
  codes: [
    'REF_EMPTY',
    'REF_FORMAT',
    'REF_UPPERCASE',
    'REF_SCHEME',
    'REF_TOO_LONG',
    'REF_BARE_HEX',
    'REF_DIGEST_LENGTH',
    'REF_DIGEST_FORMAT',
    'REF_DIGEST_ALGO',
  ],
  corpus: texts(
    'nginx',
    'nginx:1.25',
    'set-namespace:v0.1',
    'docker.io/library/nginx:latest',
    'gcr.io/kpt-fn/apply-setters:v0.2.0',
    'localhost:5000/a/b/c',
    '127.0.0.1:5000/foo',
    '[2001:db8::1]:5000/repo:t',
    `registry.example.com:8443/team/fn:v1@sha256:${hex}`,
    `registry.example.com/fn@sha512:${hex}${hex}`,
    'a/b_c/d__e/f--g/h.i:T_a.g-1',
    hex,
    'https://registry.example.com/fn',
  ),
  tokens: texts(
    '/',
    ':',
    '@',
    '.',
    '-',
    '_',
    '__',
    '[',
    ']',
    'sha256:',
    'a',
    'A',
    'docker.io/',
    'a/',
    '-a',
    '.a',
    `@sha256:${hex}`,
  ),
  maxBytes: 16_384,
  parse: (input) => {
    const parsed = parseReference(input.toString(), { defaultImagePrefix: 'ghcr.io/kptdev/krm-functions-catalog/' });
    const again = parseReference(parsed.canonical);
    if (again.canonical !== parsed.canonical || again.target !== parsed.target) {
      throw new Error(`${parsed.canonical} parses to ${again.canonical}`);
    }
  },
};
