import type { Socket } from 'node:net';

import { expect } from 'chai';

import { basicEntry, failureOf, failureOfCall, useService } from '../registry/protocol/use-service.ts';
import { startScriptedRegistry } from '../registry/protocol/scripted-registry.ts';
import type { ScriptedRegistry } from '../registry/protocol/scripted-registry.ts';
import { VirtualNetwork } from '../registry/protocol/virtual-network.ts';
import { startTcpServer } from '../support/tcp-server.ts';

const login = { name: 'joe', password: 'canary-in-clear' };
const maxBytes = 4 * 1024 * 1024;
const chunkBytes = 65_536;

/** Those of the table's tests that need bytes of their own making; the others bear its numbers in their titles as well. */
describe('table 7.2, through the service', function () {
  this.timeout(20_000);

  for (const challenge of ['Basic realm="r"', 'Bearer realm="http://registry.example:5000/token",service="r"']) {
    it(`[7.2.7] has no packet with credentials to a plaintext registry that asks by ${challenge.slice(0, 6).trim()}`, async () => {
      const packets: Buffer[] = [];
      const answer = `HTTP/1.1 401 Unauthorized\r\nwww-authenticate: ${challenge}\r\ncontent-length: 0\r\n\r\n`;
      const server = await startTcpServer((socket) => {
        record(socket, packets, answer);
      });
      const network = new VirtualNetwork().name('registry.example', '203.0.113.7').serve('203.0.113.7', 5000, server);
      const setup = {
        auths: { 'registry.example:5000': basicEntry(login.name, login.password) },
        overrides: network.overrides,
      };
      await useService(setup, async (service) => {
        for (const tag of ['v1', 'v2']) {
          const failure = await failureOfCall(service.resolve(`registry.example:5000/team/fn:${tag}`));
          expect(failure.reason).to.equal('PLAINTEXT_CREDENTIALS');
        }
      });
      await server.stop();
      const sent = Buffer.concat(packets).toString('latin1');
      expect(sent).to.match(/GET \/v2\/team\/fn\/manifests\/v1 HTTP\/1\.1\r\n/);
      expect(sent.toLowerCase()).to.not.include('authorization');
      for (const secret of [login.password, basicEntry(login.name, login.password).auth])
        expect(sent).to.not.include(secret);
    });
  }

  describe('of a registry', () => {
    let registry: ScriptedRegistry;
    let image: string;

    before(async () => {
      registry = await startScriptedRegistry();
      image = `${registry.authority}/team/fn:v1`;
    });

    after(async () => registry.stop());

    it('[7.2.8] takes a manifest of 4 MiB in chunks without Content-Length, and aborts one of 4 MiB + 1', async () => {
      const { manifest } = registry.content;
      const start = manifest.bytes.toString().replace(/\}\s*$/, ',"x":"');
      let wantedBytes = maxBytes;
      registry.play((request, response) => {
        if (!request.target.endsWith('/manifests/v1')) return 'content';
        const padded = `${start}${'x'.repeat(wantedBytes - Buffer.byteLength(start) - 2)}"}`;
        response.writeHead(200, { 'content-type': manifest.mediaType });
        for (let at = 0; at < padded.length; at += chunkBytes) response.write(padded.slice(at, at + chunkBytes));
        response.end();
        return 'answered';
      });
      await useService({ caPem: registry.caPem }, async (service) => service.resolve(image));
      wantedBytes = maxBytes + 1;
      const failure = await failureOf({ caPem: registry.caPem }, image);
      expect(failure.reason).to.equal('MAN_SIZE');
      expect(failure.message).to.include(String(maxBytes));
    });

    const hostile: readonly (readonly [what: string, header: string])[] = [
      ['1 MB', `Bearer realm="${'x'.repeat(1_000_000)}"`],
      ['10 000 parameters', `Bearer ${Array.from({ length: 10_000 }, () => 'a').join()}`.slice(0, 15_000)],
      ['an unterminated quote', `Bearer realm="${'x'.repeat(8000)}`],
      ['many unterminated quotes', 'Basic realm="'.repeat(600)],
    ];
    for (const [what, header] of hostile) {
      it(`[7.2.13] fails, and asks no realm, when its WWW-Authenticate has ${what}`, async () => {
        registry.play((_request, response) => {
          response.writeHead(401, { 'www-authenticate': header }).end();
          return 'answered';
        });
        const failure = await failureOf({ caPem: registry.caPem }, image);
        expect(failure.reason).to.be.oneOf(['AUTH_CHALLENGE', 'NOT_A_REGISTRY']);
        expect(failure.message.length).to.be.below(1000);
        expect(new Set(registry.targets)).to.deep.equal(new Set(['GET /v2/team/fn/manifests/v1']));
      });
    }
  });
});

/** Whoever begins with TLS is answered as plaintext servers answer it. */
function record(socket: Socket, packets: Buffer[], answer: string): void {
  socket.on('data', (packet: Buffer) => {
    packets.push(packet);
    const isTls = packet[0] === 0x16;
    socket.end(isTls ? 'HTTP/1.0 400 Bad Request\r\n\r\n' : answer);
  });
}
