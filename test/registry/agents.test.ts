import { expect } from 'chai';
import { systemClock } from '../../src/core/clock.ts';
import { AddressBook } from '../../src/registry/transport/addresses.ts';
import { Agents } from '../../src/registry/transport/agents.ts';
import type { TrustSetting } from '../../src/registry/transport/agents.ts';
import { InsecureRegistries } from '../../src/registry/trust/hosts.ts';

const open: TrustSetting = { step: 'plaintext', reach: 'public', clearCredentials: false, proxy: undefined };
const withLogin: TrustSetting = { ...open, clearCredentials: true };
const unverified: TrustSetting = { ...open, step: 'insecure-tls' };

interface Row {
  readonly title: string;
  readonly setting: TrustSetting;
  readonly address: string;
  readonly dialled: boolean;
}

/** 203.0.113.0/24 is listed. */
const rows: readonly Row[] = [
  { title: 'a public address, within public reach,', setting: open, address: '198.51.100.9', dialled: true },
  { title: 'a private address, within public reach,', setting: open, address: '10.0.0.1', dialled: false },
  {
    title: 'a private address, within private reach,',
    setting: { ...open, reach: 'private' },
    address: '10.0.0.1',
    dialled: true,
  },
  {
    title: 'loopback, within private reach,',
    setting: { ...open, reach: 'private' },
    address: '127.0.0.9',
    dialled: false,
  },
  { title: 'a listed network, with a login in clear,', setting: withLogin, address: '203.0.113.9', dialled: true },
  { title: 'another network, with a login in clear,', setting: withLogin, address: '198.51.100.9', dialled: false },
  {
    title: 'a listed network, without looking at its certificate,',
    setting: unverified,
    address: '203.0.113.9',
    dialled: true,
  },
  {
    title: 'another network, without looking at its certificate,',
    setting: unverified,
    address: '198.51.100.9',
    dialled: false,
  },
];

describe('the pools of sockets', () => {
  for (const { title, setting, address, dialled } of rows) {
    it(`[S28] ${dialled ? 'dial' : 'do not dial'} ${title} whatever the name resolved to when it was judged`, async () => {
      const seen: string[] = [];
      const agents = new Agents({
        systemRoots: () => [],
        insecureRegistries: InsecureRegistries.parse('203.0.113.0/24'),
        book: new AddressBook(async () => Promise.resolve([{ address, family: 4 }]), systemClock),
        dial: (target) => {
          seen.push(target.address);
          return { address: '127.0.0.1', port: 1 };
        },
        timeouts: { connectMs: 1000, headersMs: 1000, bodyIdleMs: 1000 },
      });
      const scheme = setting.step === 'plaintext' ? 'http' : 'https';
      const request = { origin: `${scheme}://registry.example:5000`, path: '/', method: 'GET' } as const;
      const failure: unknown = await agents
        .agentFor(setting)
        .request(request)
        .catch((error: unknown) => error);
      await agents.close();
      expect(failure).to.have.property('code', dialled ? 'ECONNREFUSED' : 'ERR_ADDRESS_REFUSED');
      expect(seen).to.deep.equal(dialled ? [address] : []);
    });
  }

  it('of certificates that were replaced long ago are given up', async () => {
    const agents = new Agents({
      systemRoots: () => [],
      insecureRegistries: InsecureRegistries.parse(''),
      book: new AddressBook(undefined, systemClock),
      dial: undefined,
      timeouts: { connectMs: 1000, headersMs: 1000, bodyIdleMs: 1000 },
    });
    const agentOf = (key: string): ReturnType<Agents['agentFor']> =>
      agents.agentFor({
        ...open,
        tls: { key, ca: [], clientCertificates: [], clientFor: 'registry', skipVerify: false },
      });
    const first = agentOf('first');
    for (let count = 1; count < 100; count += 1) agentOf(String(count));
    expect(agentOf('first')).to.equal(first);
    agentOf('one more');
    expect(agentOf('first')).to.not.equal(first);
    await agents.close();
  });
});
