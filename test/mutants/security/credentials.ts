import type { Mutant } from '../../support/mutant-tree.ts';

const realm = 'src/registry/auth/realm.ts';
const headers = 'src/registry/transport/request-headers.ts';
const realms = 'test/registry/protocol/realm.test.ts';
const redirects = 'test/registry/transport/redirects.test.ts';
const hosts = 'test/registry/protocol/host-binding.test.ts';
const authorization = 'const authorization = hop.own ? request.authorize?.(route) : undefined;';
const asSender = `{ ...route, origin: hop.sender?.origin ?? '', credentialsAllowed: true }`;
const keptHeaders = '...Object.fromEntries(kept),';

/** 2 to 7: where logins go, and where not. */
export const credentials: readonly Mutant[] = [
  {
    fault: 'asks a realm by http for tokens (2)',
    file: realm,
    find: `if (literal !== undefined || realm.protocol === 'https:') return literal;`,
    replace: 'return literal;',
    test: realms,
    title: '[7.2.2] is AUTH_REALM with both URLs in it',
  },
  {
    fault: 'shows the query of a realm (2)',
    file: realm,
    find: 'safeText(realm, 200) : shownUrl(realm)',
    replace: 'safeText(realm, 200) : realm.href',
    test: realms,
    title: '[7.2.2] is AUTH_REALM with both URLs in it',
  },
  {
    fault: 'names the realm only (2)',
    file: realm,
    find: '`${registry.origin} names ${shown} as its token service;',
    replace: '`${shown} is no token service;',
    test: realms,
    title: '[7.2.2] is AUTH_REALM with both URLs in it',
  },
  {
    fault: 'has the login follow a redirect to another host (3)',
    file: headers,
    find: authorization,
    replace: `const authorization = request.authorize?.(hop.own ? route : ${asSender});`,
    test: redirects,
    title: '[7.2.3] [RD12] sends neither authorization nor cookie to another host',
  },
  {
    fault: 'has a token follow a redirect to another host (3)',
    file: headers,
    find: authorization,
    replace: `const authorization = request.authorize?.(hop.own ? route : ${asSender});`,
    test: hosts,
    title: '[7.2.3] never follow a redirect of a blob to another host, by Bearer',
  },
  ...['cookie', 'proxy-authorization'].map((name): Mutant => ({
    fault: `sends ${name} to the target of a redirect (3)`,
    file: headers,
    find: keptHeaders,
    replace: `${keptHeaders} ...(hop.own ? {} : { '${name}': 'session=of-the-registry' }),`,
    test: redirects,
    title: '[7.2.3] [RD12] sends neither authorization nor cookie to another host',
  })),
  {
    fault: 'tells the target of a redirect what the registry alone should know (3)',
    file: headers,
    find: '(hop.own ? !reserved.has(name) : harmless.has(name))',
    replace: '!reserved.has(name)',
    test: 'test/registry/request-headers.test.ts',
    title: '[HBND2] tell another host nothing, whatever the caller would give it',
  },
  {
    fault: 'takes another port of a host for the same place (4)',
    file: headers,
    find: authorization,
    replace: `const isSame = hop.own || new URL(hop.sender?.origin ?? '').hostname === new URL(route.origin).hostname;
  const authorization = isSame ? request.authorize?.(hop.own ? route : ${asSender}) : undefined;`,
    test: redirects,
    title: '[7.2.4] [RD12] sends neither authorization nor cookie to another port of the same host',
  },
  {
    fault: 'learns how to log in from the target of a redirect (5)',
    file: 'src/registry/exchange.ts',
    find: 'if (response.redirected) throw redirectDenied(',
    replace: 'if (response.redirected && response.status === 0) throw redirectDenied(',
    test: redirects,
    title: '[7.2.5] [RD12] does not learn a challenge from a redirected host',
  },
  {
    fault: 'goes on to port 80 after a bad certificate (6)',
    file: 'src/registry/trust/trust.ts',
    find: 'return afterTlsFault(policy, step, code, badCertificate);',
    replace: 'return toPlaintext(plaintextRefusal(policy), code, code);',
    test: 'test/registry/transport/chain-signals.test.ts',
    title: '[TC6] [7.2.6] never contacts the twin of a server with an untrusted certificate',
  },
  {
    fault: 'takes any certificate (6)',
    file: 'src/registry/trust/tls-options.ts',
    find: 'rejectUnauthorized: true,',
    replace: 'rejectUnauthorized: false,',
    test: 'test/registry/transport/chain-signals.test.ts',
    title: '[TC6] [7.2.6] never contacts the twin of a server with an untrusted certificate',
  },
  {
    fault: 'leaves it to a variable of Node whether certificates count (6)',
    file: 'src/registry/trust/tls-options.ts',
    find: 'rejectUnauthorized: true,',
    replace: '',
    test: 'test/security/switches.test.ts',
    title: 'a certificate of anybody is not taken under NODE_TLS_REJECT_UNAUTHORIZED=0',
  },
  {
    fault: 'answers a plaintext registry that asks for a login (7)',
    file: 'src/registry/transport/ways.ts',
    find: 'credentialsAllowed: isVerified(step) ||',
    replace: 'credentialsAllowed: true || isVerified(step) ||',
    test: 'test/security/table-7-2.test.ts',
    title: '[7.2.7] has no packet with credentials to a plaintext registry that asks by Basic',
  },
  {
    fault: 'takes no error for the answer to a plaintext registry that asks for a login (7)',
    file: 'src/registry/exchange.ts',
    find: 'if (!mayCarryLogin(caller, route)) throw credentialsInClear(route, caller.candidate.key);',
    replace: 'if (!mayCarryLogin(caller, route)) return refusedLogin(caller, route, body);',
    test: 'test/registry/transport/plaintext.test.ts',
    title: '[TC13] [7.2.7] never sends credentials in clear to a host that is not listed',
  },
];
