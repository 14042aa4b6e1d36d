import { expect } from 'chai';

import { Secret } from '../../src/core/secret.ts';
import type { Login } from '../../src/credentials/candidate.ts';
import { parseScopes, scopesFor } from '../../src/registry/auth/scope.ts';
import { tokenQuestions } from '../../src/registry/auth/token-request.ts';

const basic: Login = { kind: 'basic', username: 'org+bot$x', password: new Secret(Buffer.from([0x70, 0x3a, 0xff])) };
const subject = {
  realm: new URL('https://auth.example.com/token'),
  service: 'registry.example.com',
  scopes: ['repository:team/fn:pull,push', 'repository:team/fn:pull'],
};

interface Shown {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly form: Readonly<Record<string, string>> | undefined;
}

function questions(
  login: Login,
  changes: { realm?: URL; service?: string | undefined; scopes?: readonly string[] } = {},
): readonly Shown[] {
  return tokenQuestions({ ...subject, ...changes }, login).map(({ method, url, authorization, form }) => ({
    method,
    url: decodeURIComponent(url.href),
    authorization: authorization?.reveal().toString(),
    form: form === undefined ? undefined : Object.fromEntries(new URLSearchParams(form.reveal().toString())),
  }));
}

const url =
  'https://auth.example.com/token?service=registry.example.com&scope=repository:team/fn:pull,push&scope=repository:team/fn:pull';

describe('a token request', () => {
  it('[T1] [T3] [T18] is a GET with service and each scope, and no Authorization without a login', () => {
    expect(questions({ kind: 'anonymous' })).to.deep.equal([
      { method: 'GET', url, authorization: undefined, form: undefined },
    ]);
  });

  it('[T2] [T18] is a GET with Basic for a user name and password, byte for byte, and never the password grant', () => {
    const authorization = `Basic ${Buffer.from([...Buffer.from('org+bot$x:'), 0x70, 0x3a, 0xff]).toString('base64')}`;
    expect(questions(basic)).to.deep.equal([{ method: 'GET', url, authorization, form: undefined }]);
  });

  it('[T4] [T18] is a POST of the refresh token for an identity token, and nothing else without a password', () => {
    expect(questions({ kind: 'identity-token', token: new Secret('a+b=&c'), fallback: undefined })).to.deep.equal([
      {
        method: 'POST',
        url: 'https://auth.example.com/token',
        authorization: undefined,
        form: {
          grant_type: 'refresh_token',
          client_id: 'krm-function-runner',
          service: 'registry.example.com',
          scope: 'repository:team/fn:pull,push repository:team/fn:pull',
          refresh_token: 'a+b=&c',
        },
      },
    ]);
  });

  it('[T18] [E20] asks by identity token first and then by password, where there are both', () => {
    const asked = questions({ kind: 'identity-token', token: new Secret('t'), fallback: basic });
    expect(asked.map(({ method }) => method)).to.deep.equal(['POST', 'GET']);
    expect(asked[1]?.authorization).to.match(/^Basic /);
  });

  it('[T15] is merged into the query that the realm has already', () => {
    const realm = new URL('https://auth.example.com/token?service=own&a=b');
    expect(questions({ kind: 'anonymous' }, { realm, scopes: ['registry:catalog:*'] })[0]?.url).to.equal(
      'https://auth.example.com/token?service=own&a=b&service=registry.example.com&scope=registry:catalog:*',
    );
  });

  it('[W19] has no service where the challenge had none', () => {
    expect(questions({ kind: 'anonymous' }, { service: undefined })[0]?.url).not.to.include('service');
  });
});

describe('the scopes to ask for', () => {
  it('[T12] [T13] are those of the challenge first, then ours', () => {
    const challenged = parseScopes('repository:team/fn:pull,push');
    expect(scopesFor('team/fn', challenged)).to.deep.equal(['repository:team/fn:pull,push', 'repository:team/fn:pull']);
  });

  it('[T14] [H4] are ours alone without any of the challenge, never with the host', () => {
    expect(scopesFor('library/nginx', [])).to.deep.equal(['repository:library/nginx:pull']);
  });

  it('[R7] [T16] take other types, names with a port and several at once', () => {
    const text = 'registry:catalog:* repository:host:5000/a/b:pull';
    expect(parseScopes(text)).to.deep.equal(['registry:catalog:*', 'repository:host:5000/a/b:pull']);
  });

  it('[R5] leave out what is malformed', () => {
    expect(parseScopes('foo:bar :a:b a::b a:b: \u00e9:a:b')).to.deep.equal([]);
    expect(parseScopes(undefined)).to.deep.equal([]);
  });
});
