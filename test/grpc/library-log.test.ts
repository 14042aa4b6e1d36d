import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { expect } from 'chai';
import { protoService } from '../../src/rpc/proto.ts';
import { startServing } from '../commands/serving.ts';

const login = Buffer.from('ada:hunter2').toString('base64');
const binary = Buffer.from('ada:hunter3');

describe('what grpc-js writes of its work when it is told to write all', function () {
  this.timeout(20_000);

  it('holds no login, in whatever form callers send it', async () => {
    const tracing = { GRPC_TRACE: 'all', GRPC_VERBOSITY: 'DEBUG' };
    const serving = await startServing(['--drain-delay=0s', '--log-level=5'], tracing);
    for (const [name, value] of [
      ['x-registry-auth', login],
      ['x-registry-auth', 'ada:hun]t"er4, "x'],
      ['x-registry-auth-bin', binary],
      ['authorization', `Basic ${login}`],
    ] as const) {
      await call(serving.address, name, value);
    }
    await serving.stop();
    const text = [...serving.stdoutLines, ...serving.stderrLines].join('\n');
    expect(text, 'that it traces').to.include('received headers').and.include('x-registry-auth');
    for (const shown of [login, 'hun]t', 'er4', binary.toString('base64'), [...binary].join()]) {
      expect(text.includes(shown), shown).to.equal(false);
    }
  });
});

async function call(address: string, name: string, value: string | Buffer): Promise<void> {
  const definition = protoService('functionrunner.v1.ImageResolver')['ResolveImage'];
  if (definition === undefined) throw new Error('no method ResolveImage');
  const metadata = new Metadata();
  metadata.add(name, value);
  const client = new Client(address, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = definition;
  await new Promise<void>((resolve) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { image: 'A' }, metadata, () => {
      resolve();
    });
  });
  client.close();
}
