import { expect } from 'chai';
import { Agent } from 'undici';
import { systemClock } from '../../src/core/clock.ts';
import { AddressBook } from '../../src/registry/transport/addresses.ts';
import { guardedConnector } from '../../src/registry/transport/connector.ts';
import type { ConnectorOptions } from '../../src/registry/transport/connector.ts';
import { isWithinReach } from '../../src/registry/transport/reach.ts';
import { startServer } from '../support/http-server.ts';
import type { TestServer } from '../support/http-server.ts';
import { startTcpServer } from '../support/tcp-server.ts';
import { MovableClock } from './transport/movable-clock.ts';

describe('the connector', () => {
  let server: TestServer;

  before(async () => {
    server = await startServer((_request, response) => {
      response.end('here');
    });
  });

  after(async () => {
    await server.stop();
  });

  async function get(hostname: string, options: Partial<ConnectorOptions>): Promise<string> {
    const common = { tls: {}, timeoutMs: 1000, dial: undefined, accepts: () => true };
    const book = new AddressBook(undefined, systemClock);
    const agent = new Agent({ connect: guardedConnector({ ...common, book, ...options }) });
    try {
      const { body } = await agent.request({
        origin: `http://${hostname}:${String(server.port)}`,
        path: '/',
        method: 'GET',
      });
      return await body.text();
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : '';
    } finally {
      await agent.destroy();
    }
  }

  const bookOf = (...addresses: readonly string[]): AddressBook =>
    new AddressBook(async () => Promise.resolve(addresses.map((address) => ({ address, family: 4 }))), systemClock);

  it('tries the next address where one refuses', async () => {
    expect(await get('registry.example', { book: bookOf('127.0.7.9', '127.0.0.1') })).to.equal('here');
  });

  it('dials nothing of a name with an address that was not accepted', async () => {
    const accepts: ConnectorOptions['accepts'] = (_hostname, _port, address) => isWithinReach(address, 'private');
    const answer = await get('registry.example', { book: bookOf('10.0.0.1', '127.0.0.1'), accepts });
    expect(answer).to.contain('127.0.0.1').and.to.contain('not checked');
  });

  it('judges literal addresses too', async () => {
    expect(await get('127.0.0.1', { accepts: () => false })).to.contain('not checked');
  });

  it('[TO7] gives up on a handshake that is not done in time', async () => {
    const silent = await startTcpServer(() => undefined);
    const book = new AddressBook(undefined, systemClock);
    const connect = guardedConnector({ tls: {}, timeoutMs: 100, book, dial: undefined, accepts: () => true });
    const agent = new Agent({ connect });
    const startedMs = performance.now();
    try {
      const request = { origin: `https://${silent.authority}`, path: '/', method: 'GET' } as const;
      const failure: unknown = await agent.request(request).catch((error: unknown) => error);
      expect(failure).to.have.property('code', 'UND_ERR_CONNECT_TIMEOUT');
      expect(performance.now() - startedMs).to.be.below(5000);
    } finally {
      await agent.destroy();
      await silent.stop();
    }
  });

  it('never dials a metadata service, whatever the name', async () => {
    const book = bookOf('127.0.0.1', '169.254.169.254');
    expect(await get('registry.example', { book })).to.contain('metadata service');
  });
});

describe('the address book', () => {
  it('believes a look-up for thirty seconds, and a failure not at all', async () => {
    let lookups = 0;
    const clock = new MovableClock();
    const book = new AddressBook(async () => {
      lookups += 1;
      if (lookups === 1) throw Object.assign(new Error('try again'), { code: 'EAI_AGAIN' });
      return Promise.resolve([{ address: '192.0.2.1', family: 4 }]);
    }, clock);
    expect(await book.resolve('a.example').catch(() => 'failed')).to.equal('failed');
    await book.resolve('a.example');
    await book.resolve('a.example');
    expect(lookups).to.equal(2);
    clock.advance(31_000);
    await book.resolve('a.example');
    expect(lookups).to.equal(3);
  });

  it('takes an empty answer for an unknown name', async () => {
    const book = new AddressBook(async () => Promise.resolve([]), systemClock);
    const outcome = await book.resolve('a.example').catch((error: unknown) => error);
    expect(outcome).to.include({ code: 'ENOTFOUND' });
  });

  it('lets a caller go who does not want to wait', async () => {
    const book = new AddressBook(async () => new Promise(() => undefined), systemClock);
    const caller = new AbortController();
    const waiting = book.resolve('a.example', caller.signal).catch((error: unknown) => error);
    caller.abort();
    expect(await waiting).to.include({ code: 'CANCELLED' });
  });
});
