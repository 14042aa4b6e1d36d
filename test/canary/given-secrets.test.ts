import { expect } from 'chai';
import { mountSecret } from '../support/mounted-secret.ts';
import { givenSecrets } from './given-secrets.ts';

const file = '.dockerconfigjson';
const entry = { auth: Buffer.from('robot:Secret-in-auth').toString('base64'), identitytoken: 'Secret-identity' };

describe('what every test of the service watches over', () => {
  for (const secret of [
    'Secret-in-auth',
    entry.auth,
    'Secret-identity',
    'Secret-password',
    'Secret-proxy',
    'Secret-rotated',
  ]) {
    it(`is ${secret} of its credentials file or proxies`, async () => {
      const auths = { 'a.example': entry, 'b.example': { username: 'u', password: 'Secret-password' } };
      const mounted = await mountSecret({ [file]: JSON.stringify({ auths }) });
      const proxies = { HTTPS_PROXY: 'http://user:Secret-proxy@proxy.example:8080' };
      const given = await givenSecrets(mounted.file(file), proxies);
      await mounted.swap({ [file]: JSON.stringify({ auths: { c: { password: 'Secret-rotated' } } }) });
      const thrown = await given.check(['fine', `oh ${secret}`]).catch((error: unknown) => error);
      await mounted.remove();
      expect(String(thrown)).to.include(`oh ${secret}`);
    });
  }

  it('is nothing where there is no file, and no plain word', async () => {
    const given = await givenSecrets('/no/such/file', { NO_PROXY: 'http://user:password@proxy.example' });
    await given.check(['incorrect username or password']);
  });
});
