import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect } from 'chai';
import type { Handler } from '../../support/http-server.ts';
import { sendBlob, sendContent } from '../protocol/image-content.ts';
import { failureOf, useService } from '../protocol/use-service.ts';
import { imageAt, noSystemRoots, setStage, withoutJitter, withServer } from './stage.ts';
import type { Stage } from './stage.ts';

const mebibyte = 1024 * 1024;
const encodings = [
  { name: 'gzip', encode: (bytes: Buffer) => gzipSync(bytes) },
  { name: 'deflate', encode: (bytes: Buffer) => deflateSync(bytes) },
  { name: 'br', encode: (bytes: Buffer) => brotliCompressSync(bytes) },
  { name: 'zstd', encode: (bytes: Buffer) => zstdCompressSync(bytes) },
  { name: 'gzip, br', encode: (bytes: Buffer) => brotliCompressSync(gzipSync(bytes)) },
];

describe('bodies, through the service', () => {
  let stage: Stage;
  const overrides = { ...noSystemRoots, ...withoutJitter };

  before(async () => {
    stage = await setStage();
  });

  for (const { name, encode } of encodings) {
    it(`[M10] asks for no encoding, and undoes ${name} where a server sends it all the same`, async () => {
      const { content } = stage;
      const encoding: Handler = (request, response) => {
        const blob = content.paths.get(request.target);
        if (blob === undefined) sendContent(content, request, response);
        else sendBlob(response, { ...blob, bytes: encode(blob.bytes) }, { 'content-encoding': name });
      };
      await withServer(encoding, {}, async (server) => {
        await useService({ overrides }, async (service) => {
          const answer = await service.resolve(imageAt(server));
          expect(answer.digest).to.equal(content.manifest.digest);
          expect(answer.entrypoint).to.deep.equal(['/bin/fn']);
          expect(server.requests.map(({ headers }) => headers['accept-encoding'])).to.deep.equal([
            'identity',
            'identity',
          ]);
        });
      });
    });
  }

  it('[M10] fails upon an encoding that it does not know', async () => {
    const { content } = stage;
    const encoding: Handler = (_request, response) => {
      sendBlob(response, content.manifest, { 'content-encoding': 'compress' });
    };
    await withServer(encoding, {}, async (server) => {
      const failure = await failureOf({ overrides }, imageAt(server));
      expect(failure.reason).to.equal('REGISTRY_ERROR');
      expect(failure.message).to.contain('compress');
    });
  });

  it('[7.2.8] stops reading a manifest without Content-Length that is over 4 MiB', async () => {
    let sentBytes = 0;
    let closed = false;
    const endless: Handler = (_request, response) => {
      response.writeHead(200, { 'content-type': stage.content.manifest.mediaType });
      const send = (): void => {
        if (closed || sentBytes > 64 * mebibyte) return;
        sentBytes += mebibyte;
        response.write(Buffer.alloc(mebibyte, 0x20), send);
      };
      response.once('close', () => {
        closed = true;
      });
      send();
    };
    await withServer(endless, {}, async (server) => {
      const failure = await failureOf({ overrides }, imageAt(server));
      expect(failure.reason).to.equal('MAN_SIZE');
      expect(sentBytes).to.be.below(32 * mebibyte);
      expect(server.requests).to.have.length(1);
    });
  });

  it('[7.2.9] stops unpacking a manifest that expands a thousand times', async () => {
    const bomb = gzipSync(Buffer.alloc(256 * mebibyte, 0x20), { level: 9 });
    expect(bomb.length).to.be.below(mebibyte);
    const exploding: Handler = (_request, response) => {
      const { manifest } = stage.content;
      sendBlob(response, { ...manifest, bytes: bomb }, { 'content-encoding': 'gzip' });
    };
    await withServer(exploding, {}, async (server) => {
      const before = process.memoryUsage().rss;
      const failure = await failureOf({ overrides }, imageAt(server));
      expect(failure.reason).to.equal('MAN_SIZE');
      expect(process.memoryUsage().rss - before).to.be.below(128 * mebibyte);
      expect(server.requests).to.have.length(1);
    });
  });
});
