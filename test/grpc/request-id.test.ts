import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { expect } from 'chai';
import { protoService } from '../../src/rpc/proto.ts';
import { startService, type TestService } from '../support/service.ts';

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

const given: readonly { readonly what: string; readonly id: string; readonly taken: boolean }[] = [
  { what: 'a harmless one', id: 'porch-1.a_B', taken: true },
  { what: 'one of 64 characters', id: 'a'.repeat(64), taken: true },
  { what: 'one of 65 characters', id: 'a'.repeat(65), taken: false },
  { what: 'one with a space', id: 'a b', taken: false },
  { what: 'one with a quote', id: 'a"b', taken: false },
  { what: 'one with a colon', id: 'a:b', taken: false },
  { what: 'an empty one', id: '', taken: false },
];

describe('the request id', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
  });

  after(async () => service.stop());

  async function resolveWith(id: string): Promise<readonly string[]> {
    const metadata = new Metadata();
    metadata.set('x-request-id', id);
    const before = service.logLines.length;
    const definition = protoService('functionrunner.v1.ImageResolver')['ResolveImage'];
    if (definition === undefined) throw new Error('no ResolveImage');
    const { path, requestSerialize, responseDeserialize } = definition;
    const client = new Client(service.address, credentials.createInsecure());
    await new Promise((resolve) => {
      const request = { image: `127.0.0.1:1/team/fn:v${String(before)}` };
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, resolve);
    });
    client.close();
    return service.logLines.slice(before);
  }

  for (const { what, id, taken } of given) {
    it(`is ${taken ? "the caller's" : 'a new one'} where x-request-id is ${what}`, async () => {
      const lines = await resolveWith(id);
      const ids = new Set(lines.map((line) => /"requestId":"([^"]+)"/.exec(line)?.[1] ?? 'none'));
      expect(ids.size).to.equal(1);
      if (taken) expect([...ids]).to.deep.equal([id]);
      else expect([...ids][0]).to.match(uuid);
    });
  }

  it('is on every line that resolver and transport write for the call, once', async () => {
    const lines = await resolveWith('every-line');
    expect(lines.length).to.be.above(2);
    expect(lines.map((line) => line.split('"requestId":"every-line"').length - 1)).to.deep.equal(lines.map(() => 1));
    expect(lines.join('')).to.include('call failed').and.to.include('127.0.0.1:1');
  });
});
