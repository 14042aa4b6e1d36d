import { buffer } from 'node:stream/consumers';

import { expect } from 'chai';

import { systemClock } from '../../../src/core/clock.ts';
import { noCounters } from '../../../src/core/counters.ts';
import { RunnerError } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import { digestOf, parseDigest } from '../../../src/image/digest.ts';
import { parseReference } from '../../../src/image/reference.ts';
import { RegistryClient } from '../../../src/registry/client.ts';
import type { RegistrySession } from '../../../src/registry/session.ts';
import { InsecureRegistries } from '../../../src/registry/trust/hosts.ts';
import { Transport } from '../../../src/registry/transport/transport.ts';
import { startScriptedRegistry } from './scripted-registry.ts';
import type { ScriptedRegistry } from './scripted-registry.ts';

const bytes = Buffer.alloc(1_000_000, 'layer');
const descriptor = {
  mediaType: 'application/vnd.oci.image.layer.v1.tar',
  digest: parseDigest(digestOf(bytes).text),
  size: bytes.length,
};

describe('a layer that is streamed', () => {
  let registry: ScriptedRegistry;
  let transport: Transport;
  let session: RegistrySession;
  let controller: AbortController;

  beforeEach(async () => {
    registry = await startScriptedRegistry({ plaintext: true });
    controller = new AbortController();
    const shared = { log: silentLog, counters: noCounters, clock: systemClock };
    transport = new Transport({
      mountedCa: undefined,
      systemRoots: () => [],
      privateTls: false,
      plaintextFallback: 'auto',
      insecureRegistries: InsecureRegistries.parse(registry.authority),
      environment: {},
      ...shared,
    });
    session = new RegistryClient({ transport, ...shared }).session(
      parseReference(`${registry.authority}/team/fn:v1`),
      [],
    );
  });

  afterEach(async () => {
    await transport.close();
    await registry.stop();
  });

  /** Reads the layer as this script sends it: its bytes, or the error. */
  async function streamed(
    send: (response: Parameters<Parameters<ScriptedRegistry['play']>[0]>[1]) => void,
  ): Promise<Buffer | RunnerError> {
    registry.play((_request, response) => {
      send(response);
      return 'answered';
    });
    try {
      return await buffer(await session.streamBlob(descriptor, controller.signal));
    } catch (thrown) {
      if (thrown instanceof RunnerError) return thrown;
      throw thrown;
    }
  }

  it('arrives whole', async () => {
    expect(await streamed((response) => response.end(bytes))).to.deep.equal(bytes);
    expect(registry.targets).to.deep.equal([`GET /v2/team/fn/blobs/${descriptor.digest.text}`]);
  });

  const failures: readonly (readonly [code: string, what: string, send: Parameters<typeof streamed>[0]])[] = [
    ['MAN_DIGEST', 'has other bytes', (response) => response.end(Buffer.alloc(bytes.length, 'lawyer'))],
    ['MAN_SIZE', 'is too long', (response) => response.end(Buffer.concat([bytes, bytes]))],
    ['MAN_SIZE', 'is too short', (response) => response.end(bytes.subarray(1))],
    ['BLOB_UNKNOWN', 'is missing', (response) => response.writeHead(404).end()],
    [
      'UNREACHABLE',
      'is cut short',
      (response) => {
        response.writeHead(200, { 'content-length': bytes.length });
        response.write(bytes.subarray(0, 500_000), () => response.destroy());
      },
    ],
  ];
  for (const [code, what, send] of failures) {
    it(`fails with ${code} when it ${what}, naming image and registry`, async () => {
      const failure = await streamed(send);
      expect(failure).to.include({ code });
      expect(failure)
        .to.have.property('details')
        .that.includes({ image: `${registry.authority}/team/fn:v1`, registry: registry.authority });
    });
  }

  it("ends with the caller's reason when it is cancelled on the way", async () => {
    const reason = new RunnerError('DEADLINE', 'too late');
    const failure = await streamed((response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 500_000), () => {
        controller.abort(reason);
      });
    });
    expect(failure).to.include({ code: 'DEADLINE', message: 'too late' });
  });
});
