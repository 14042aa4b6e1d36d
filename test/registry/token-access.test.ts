import { expect } from 'chai';
import { Secret } from '../../src/core/secret.ts';
import { grantedActions } from '../../src/registry/auth/token-access.ts';

function token(claims: unknown): Secret {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return new Secret(`${part({ alg: 'ES256' })}.${part(claims)}.signature`);
}

const entry = { type: 'repository', name: 'team/fn', actions: ['pull', 'push'] };

const rows: readonly {
  readonly title: string;
  readonly token: Secret;
  readonly actions: readonly string[] | undefined;
}[] = [
  { title: 'lists both', token: token({ access: [entry] }), actions: ['pull', 'push'] },
  { title: 'lists one', token: token({ access: [{ ...entry, actions: ['pull'] }] }), actions: ['pull'] },
  { title: 'lists none', token: token({ access: [] }), actions: [] },
  { title: 'lists another repository', token: token({ access: [{ ...entry, name: 'team/other' }] }), actions: [] },
  { title: 'lists another kind of thing', token: token({ access: [{ ...entry, type: 'registry' }] }), actions: [] },
  {
    title: 'lists something else than texts',
    token: token({ access: [{ ...entry, actions: [1, 'pull'] }] }),
    actions: ['pull'],
  },
  { title: 'lists nonsense', token: token({ access: ['repository:team/fn:push', null] }), actions: [] },
  { title: 'has no list', token: token({ sub: 'ada' }), actions: undefined },
  { title: 'is no object', token: token(['access']), actions: undefined },
  { title: 'is no token that can be read', token: new Secret('opaque'), actions: undefined },
  { title: 'is no JSON inside', token: new Secret('a.b.c'), actions: undefined },
];

describe('what a registry token says that it allows', () => {
  for (const { title, token: value, actions } of rows) {
    it(`where it ${title}`, () => {
      expect(grantedActions(value, 'team/fn')).to.deep.equal(actions);
    });
  }

  it('is not known without a repository', () => {
    expect(grantedActions(token({ access: [entry] }), undefined)).to.equal(undefined);
  });
});
