import { expect } from 'chai';
import { parseDuration } from '../../../src/config/duration.ts';
import { readProviderAnswer } from '../../../src/credentials/provider/provider-answer.ts';
import { openly } from '../keyring-with.ts';

const apiVersion = 'credentialprovider.kubelet.k8s.io/v1';
const secret = 'zUg-41/secret-of-a-provider';
const good = {
  kind: 'CredentialProviderResponse',
  apiVersion,
  cacheKeyType: 'Registry',
  cacheDuration: '10m0s',
  auth: { 'reg.io': { username: 'robot', password: secret } },
};

function read(document: unknown, exitCode: number | undefined = 0): ReturnType<typeof readProviderAnswer> {
  const stdout = Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
  return readProviderAnswer({ kind: 'ended', exitCode, stdout }, { apiVersion, parseDuration });
}

function shown(document: unknown): unknown {
  const answer = read(document);
  if (answer.kind === 'failed') return answer.reason;
  const entries = answer.entries.map(({ text, entry }) => [
    text,
    entry.kind === 'broken' ? { broken: entry.reason } : openly(entry.login),
  ]);
  return { type: answer.cacheKeyType, cacheMs: answer.cacheMs, entries };
}

describe('the answer of an image credential provider', () => {
  const rows: readonly { readonly what: string; readonly document: unknown; readonly gives: unknown }[] = [
    {
      what: 'a login for a registry',
      document: good,
      gives: { type: 'Registry', cacheMs: 600_000, entries: [['reg.io', `robot / ${secret}`]] },
    },
    {
      what: 'no duration',
      document: { ...good, cacheDuration: undefined, cacheKeyType: 'Image' },
      gives: { type: 'Image', cacheMs: undefined, entries: [['reg.io', `robot / ${secret}`]] },
    },
    {
      what: 'null for duration and auth',
      document: { ...good, cacheDuration: null, auth: null, cacheKeyType: 'Global' },
      gives: { type: 'Global', cacheMs: undefined, entries: [] },
    },
    {
      what: 'a duration of nothing',
      document: { ...good, cacheDuration: '0s', auth: {} },
      gives: { type: 'Registry', cacheMs: 0, entries: [] },
    },
    {
      what: 'an empty login, and a key that can match nothing',
      document: {
        ...good,
        auth: { 'reg.io': { username: '', password: '' }, 'a b': { username: 'a', password: 'b' } },
      },
      gives: { type: 'Registry', cacheMs: 600_000, entries: [] },
    },
    {
      what: 'an identity token, as helpers tell of it',
      document: { ...good, auth: { 'reg.io': { username: '<token>', password: 'abc' } } },
      gives: {
        type: 'Registry',
        cacheMs: 600_000,
        entries: [['reg.io', { identityToken: 'abc', fallback: undefined }]],
      },
    },
    {
      what: 'a login that cannot be sent',
      document: { ...good, auth: { 'reg.io': { username: 'a\nb', password: secret } } },
      gives: {
        type: 'Registry',
        cacheMs: 600_000,
        entries: [['reg.io', { broken: 'user name holds a line break or NUL' }]],
      },
    },
    { what: 'nothing', document: '', gives: 'its answer is empty' },
    { what: 'no JSON', document: `{${secret}`, gives: 'its answer is not valid JSON' },
    { what: 'a list', document: [secret], gives: 'its answer is not a JSON object' },
    {
      what: 'another version than was asked for',
      document: { ...good, apiVersion: 'credentialprovider.kubelet.k8s.io/v1beta1' },
      gives: `its answer is not of apiVersion ${apiVersion}`,
    },
    {
      what: 'another kind',
      document: { ...good, kind: 'Secret' },
      gives: 'its answer is no CredentialProviderResponse',
    },
    {
      what: 'a cache key type that is not known',
      document: { ...good, cacheKeyType: secret },
      gives: 'in its answer, cacheKeyType is none of Image, Registry and Global',
    },
    {
      what: 'a duration that is none',
      document: { ...good, cacheDuration: 5 },
      gives: 'in its answer, cacheDuration is not a duration',
    },
    { what: 'a text for auth', document: { ...good, auth: secret }, gives: 'in its answer, auth is not an object' },
    {
      what: 'a text for a login',
      document: { ...good, auth: { 'reg.io': secret } },
      gives: 'in its answer, a value of auth is not an object',
    },
    {
      what: 'a password that is a number',
      document: { ...good, auth: { 'reg.io': { username: secret, password: 1 } } },
      gives: 'in its answer, a user name or password is not a text',
    },
  ];
  for (const { what, document, gives } of rows) {
    it(`with ${what} is read, or refused without a word of it`, () => {
      expect(shown(document)).to.deep.equal(gives);
    });
  }

  it('counts for nothing when the program failed', () => {
    expect(read(good, 3)).to.deep.equal({ kind: 'failed', reason: 'it ended with exit code 3' });
    expect(
      readProviderAnswer(
        { kind: 'ended', exitCode: undefined, stdout: Buffer.alloc(0) },
        { apiVersion, parseDuration },
      ),
    ).to.deep.equal({
      kind: 'failed',
      reason: 'it was killed',
    });
  });
});
