import { parseChallenges } from '../../../src/registry/auth/challenge.ts';
import { texts, type Target } from '../target.ts';

export const challenge: Target = {
  name: 'challenge',
  codes: ['AUTH_CHALLENGE'],
  corpus: texts(
    'Basic realm="Registry"',
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull"',
    'Bearer realm=https://quay.io/v2/auth, service=quay.io, Basic realm="a \\"b\\" c"',
    'Negotiate, NTLM TlRMTVNTUAABAAAA==, Digest qop="auth,auth-int", nonce="x"',
    'Bearer realm="https://r/t",service="s",scope="a b",error="insufficient_scope", , ,Basic realm=""',
  ),
  tokens: texts(
    '"',
    '\\',
    '\\"',
    ',',
    '=',
    ' ',
    '\t',
    'Bearer ',
    'Basic ',
    'realm=',
    'a=b',
    'a="b",',
    'scope="',
    ', ,',
    ';',
    '==',
    '/',
  ),
  maxBytes: 1_048_576,
  parse: (input) => {
    const lines = input.toString('latin1').split('\n').slice(0, 8);
    for (const { scheme } of parseChallenges(lines)) {
      if (scheme !== scheme.toLowerCase() || scheme === '') throw new Error(`scheme ${scheme}`);
    }
  },
};
