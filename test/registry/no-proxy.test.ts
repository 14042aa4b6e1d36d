import { expect } from 'chai';
import { NoProxy } from '../../src/registry/transport/no-proxy.ts';
import { ProxySettings } from '../../src/registry/transport/proxy.ts';

/** Registry-behaviour 5.7: the rules of Go, in forms that undici misses (PX4, PX5) and that came up as bypasses (7.1 S12). */
const cases = [
  { list: '', host: 'registry.example', direct: false },
  { list: '*', host: 'registry.example', direct: true },
  { list: 'example', host: 'registry.example', direct: true },
  { list: 'registry.example', host: 'registry.example', direct: true },
  { list: 'REGISTRY.EXAMPLE', host: 'registry.example', direct: true },
  { list: 'registry.example', host: 'registry.example.', direct: true },
  { list: 'registry.example', host: 'eu.registry.example', direct: true },
  { list: 'registry.example', host: 'notregistry.example', direct: false },
  { list: '.example', host: 'registry.example', direct: true },
  { list: '.registry.example', host: 'registry.example', direct: false },
  { list: '*.registry.example', host: 'eu.registry.example', direct: true },
  { list: 'registry.example:5000', host: 'registry.example', direct: true },
  { list: 'registry.example:5001', host: 'registry.example', direct: false },
  { list: '10.0.0.0/8', host: '10.1.2.3', direct: true },
  { list: '10.0.0.0/8', host: '11.1.2.3', direct: false },
  { list: '10.0.0.0/8', host: '::ffff:10.1.2.3', direct: true },
  { list: '10.1.2.3', host: '10.1.2.3', direct: true },
  { list: '2.3', host: '10.1.2.3', direct: false },
  { list: 'fd00::/8', host: 'fd00::1', direct: true },
  { list: 'fd00::1', host: 'fd00:0:0::1', direct: true },
  { list: '[fd00::1]:5000', host: 'fd00::1', direct: true },
  { list: 'a.example  b.example,c.example', host: 'b.example', direct: true },
  { list: '', host: 'localhost', direct: true },
  { list: '', host: 'LOCALHOST', direct: true },
  { list: '', host: '127.9.9.9', direct: true },
  { list: '', host: '::1', direct: true },
  { list: '', host: 'registry.team.svc', direct: true },
  { list: '', host: 'registry.team.svc.cluster.local', direct: true },
  { list: '', host: 'svc', direct: false },
];

describe('NO_PROXY', () => {
  for (const { list, host, direct } of cases) {
    it(`"${list}" sends ${host}, port 5000, ${direct ? 'straight' : 'through the proxy'}`, () => {
      expect(new NoProxy(list).matches(host, 5000)).to.equal(direct);
    });
  }

  it('is asked per scheme, upper case first, and HTTP_PROXY is not believed under CGI', () => {
    const proxyFor = (environment: NodeJS.ProcessEnv, scheme: 'http' | 'https'): string | undefined =>
      new ProxySettings(environment).proxyFor(scheme, 'registry.example', 443)?.host;
    const environment = { HTTP_PROXY: 'plain:1', HTTPS_PROXY: 'https://secure:2', https_proxy: 'http://lower:3' };
    expect(proxyFor(environment, 'http')).to.equal('plain:1');
    expect(proxyFor(environment, 'https')).to.equal('secure:2');
    expect(proxyFor({ https_proxy: 'http://lower:3' }, 'https')).to.equal('lower:3');
    expect(proxyFor({ HTTP_PROXY: 'http://plain:1' }, 'https')).to.equal(undefined);
    expect(proxyFor({ ...environment, REQUEST_METHOD: 'GET' }, 'http')).to.equal(undefined);
    expect(proxyFor({ ...environment, no_proxy: 'registry.example' }, 'https')).to.equal(undefined);
  });

  it('that is set and empty does not hide no_proxy', () => {
    const settings = new ProxySettings({ HTTPS_PROXY: 'secure:2', NO_PROXY: '', no_proxy: 'registry.example' });
    expect(settings.proxyFor('https', 'registry.example', 443)).to.equal(undefined);
  });
});
