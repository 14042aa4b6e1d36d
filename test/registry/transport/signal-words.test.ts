import { expect } from 'chai';
import { failureOf } from '../protocol/use-service.ts';
import { imageAt, noSystemRoots, setStage, withServer } from './stage.ts';
import { reasonAt } from './steps.ts';

describe('the words for a certificate that is for other names', () => {
  it('name what it holds, of a registry that is named by its address too', async () => {
    const { serve, authority } = await setStage();
    const tls = await authority.issue({ dnsNames: ['only.example'] });
    await withServer(serve, { tls }, async (server) => {
      const setup = { caPem: authority.certificatePem, overrides: noSystemRoots };
      const failure = await failureOf(setup, imageAt(server));
      expect(failure.reason).to.equal('TLS_NAME');
      expect(reasonAt(failure, 'mounted-ca')).to.contain('127.0.0.1').and.to.contain('DNS:only.example');
    });
  });
});
