import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { Agent } from 'undici';
import { systemClock } from '../../../src/core/clock.ts';
import { AddressBook } from '../../../src/registry/transport/addresses.ts';
import { guardedConnector } from '../../../src/registry/transport/connector.ts';
import { classifyError } from '../../../src/registry/trust/signals.ts';
import type { Signal, SignalKind } from '../../../src/registry/trust/signals.ts';
import { verifiedTls } from '../../../src/registry/trust/tls-options.ts';
import { exchange } from '../../../src/registry/transport/wire.ts';
import { startServer } from '../../support/http-server.ts';
import type { Handler, TestServerOptions } from '../../support/http-server.ts';
import { startTcpServer } from '../../support/tcp-server.ts';
import { setStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { createTwinRoots } from './twin-roots.ts';
import type { TwinRoots } from './twin-roots.ts';

const timeouts = { connectMs: 400, headersMs: 300, bodyIdleMs: 300 };

interface World extends Stage {
  readonly twins: TwinRoots;
}

/** One GET under the stage's authority; the kind of its failure. */
async function signalOf(origin: string, roots: readonly string[]): Promise<Signal> {
  const connect = guardedConnector({
    tls: verifiedTls(roots),
    timeoutMs: timeouts.connectMs,
    book: new AddressBook(undefined, systemClock),
    accepts: () => true,
    dial: undefined,
  });
  const agent = new Agent({ connect });
  const signal = new AbortController().signal;
  const request = { origin, path: '/', method: 'GET' as const, headers: {}, body: undefined, signal };
  try {
    const answer = await exchange(agent, request, timeouts);
    answer.body.resume();
    await once(answer.body, 'end');
    throw new Error('it was answered');
  } catch (thrown) {
    return classifyError(thrown);
  } finally {
    await agent.destroy();
  }
}

interface HttpCase {
  readonly id: string;
  readonly title: string;
  readonly server: (world: World) => TestServerOptions;
  readonly handler?: Handler;
  readonly scheme: 'http' | 'https';
  readonly kind: SignalKind;
}

const unanswered: Handler = () => undefined;
const httpCases: readonly HttpCase[] = [
  { id: 'UE1', title: 'https to an http server', server: () => ({}), scheme: 'https', kind: 'not-tls' },
  { id: 'UE3', title: 'http to a TLS server', server: ({ tls }) => ({ tls }), scheme: 'http', kind: 'closed' },
  {
    id: 'UE8',
    title: 'headers that never arrive',
    server: () => ({}),
    handler: unanswered,
    scheme: 'http',
    kind: 'silent',
  },
  {
    id: 'UE10',
    title: 'a body cut short of Content-Length',
    server: () => ({}),
    handler: (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('x', () => response.socket?.end());
    },
    scheme: 'http',
    kind: 'closed',
  },
  {
    id: 'TC1',
    title: 'a leaf alone by an unknown authority',
    server: ({ strangersTls }) => ({ tls: strangersTls }),
    scheme: 'https',
    kind: 'issuer',
  },
  {
    id: 'TC1',
    title: 'a whole chain by an unknown authority',
    server: ({ strangersTls, stranger }) => ({
      tls: { ...strangersTls, certificatePem: `${strangersTls.certificatePem}\n${stranger.certificatePem}` },
    }),
    scheme: 'https',
    kind: 'issuer',
  },
  {
    id: 'TC1',
    title: 'a self-signed certificate',
    server: ({ twins }) => ({ tls: twins.selfSigned }),
    scheme: 'https',
    kind: 'issuer',
  },
  {
    id: 'NT15',
    title: 'a SHA-1 signature',
    server: ({ twins }) => ({ tls: twins.weakLeaf }),
    scheme: 'https',
    kind: 'certificate',
  },
  {
    id: 'NT21',
    title: 'TLS 1.1 alone',
    server: ({ tls }) => ({
      tls: { ...tls, options: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } },
    }),
    scheme: 'https',
    kind: 'tls',
  },
  {
    id: 'TC21',
    title: 'a demand for a client certificate',
    server: ({ tls }) => ({
      tls: { ...tls, options: { maxVersion: 'TLSv1.2', requestCert: true, rejectUnauthorized: true } },
    }),
    scheme: 'https',
    kind: 'tls',
  },
];

interface TcpCase {
  readonly id: string;
  readonly title: string;
  readonly onSocket: (socket: Socket) => void;
  readonly scheme: 'http' | 'https';
  readonly kind: SignalKind;
}

const tlsAlert = Buffer.from([0x15, 3, 1, 0, 2, 2, 70]);
const tcpCases: readonly TcpCase[] = [
  {
    id: 'UE2',
    title: 'https to a banner',
    onSocket: (s) => s.write('SSH-2.0-x\r\n'),
    scheme: 'https',
    kind: 'not-tls',
  },
  {
    id: 'UE4',
    title: 'http answered by a TLS alert',
    onSocket: (s) => s.end(tlsAlert),
    scheme: 'http',
    kind: 'not-http',
  },
  { id: 'UE7', title: 'a handshake that never ends', onSocket: () => undefined, scheme: 'https', kind: 'timeout' },
  {
    id: 'UE9',
    title: 'an end within the handshake',
    onSocket: (s) => s.once('data', () => s.end()),
    scheme: 'https',
    kind: 'reset',
  },
  {
    id: 'UE9',
    title: 'a reset within the handshake',
    onSocket: (s) => s.once('data', () => s.resetAndDestroy()),
    scheme: 'https',
    kind: 'reset',
  },
];

describe('signals of undici and Node, against live servers', () => {
  let world: World;

  before(async () => {
    world = { ...(await setStage()), twins: await createTwinRoots() };
  });

  for (const { id, title, server: options, handler = unanswered, scheme, kind } of httpCases) {
    it(`${id}: ${title} is "${kind}"`, async () => {
      const server = await startServer(handler, options(world));
      try {
        const roots = [world.authority.certificatePem, world.twins.validPem];
        const signal = await signalOf(`${scheme}://${server.authority}`, roots);
        expect(signal.kind).to.equal(kind);
        expect(signal.reason).to.not.match(/[\n\r]|:error:|^$/);
      } finally {
        await server.stop();
      }
    });
  }

  for (const { id, title, onSocket, scheme, kind } of tcpCases) {
    it(`${id}: ${title} is "${kind}"`, async () => {
      const server = await startTcpServer(onSocket);
      try {
        const signal = await signalOf(`${scheme}://${server.authority}`, []);
        expect(signal.kind).to.equal(kind);
      } finally {
        await server.stop();
      }
    });
  }

  it('UE5: a closed port is "refused"', async () => {
    const server = await startTcpServer(() => undefined);
    await server.stop();
    expect(await signalOf(`https://${server.authority}`, [])).to.include({ kind: 'refused', retry: 'once' });
  });

  it('UE6: an unknown name is "unresolved" and final, trouble of the resolver is not', () => {
    const lookupError = (code: string): Error => Object.assign(new Error(`getaddrinfo ${code}`), { code });
    expect(classifyError(lookupError('ENOTFOUND'))).to.include({ kind: 'unresolved', retry: 'no' });
    expect(classifyError(lookupError('EAI_AGAIN'))).to.include({ kind: 'unresolved', retry: 'yes' });
  });

  it('reads EPROTO by its reason, and several addresses by what they have in common', () => {
    const eproto = (reason: string): Error => Object.assign(new Error('write EPROTO'), { code: 'EPROTO', reason });
    expect(classifyError(eproto('wrong version number')).kind).to.equal('not-tls');
    expect(classifyError(eproto('sslv3 alert handshake failure')).kind).to.equal('tls');
    const failed = (code: string): Error => Object.assign(new Error(code), { code });
    const several = (...codes: readonly string[]): Error =>
      Object.assign(new AggregateError(codes.map(failed)), { code: codes[0] });
    expect(classifyError(several('ECONNREFUSED', 'ECONNREFUSED')).kind).to.equal('refused');
    expect(classifyError(several('ECONNREFUSED', 'EHOSTUNREACH')).kind).to.equal('network');
  });
});
