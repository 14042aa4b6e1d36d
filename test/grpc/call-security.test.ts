import { expect } from 'chai';
import { callSecurity } from '../../src/grpc/call-security.ts';

const peers: readonly (readonly [string, 'loopback' | 'plaintext'])[] = [
  ['127.0.0.1:40000', 'loopback'],
  ['127.1.2.3:40000', 'loopback'],
  ['::1:40000', 'loopback'],
  ['0:0:0:0:0:0:0:1:40000', 'loopback'],
  ['::ffff:127.0.0.1:40000', 'loopback'],
  ['::ffff:7f00:1:40000', 'loopback'],
  ['10.0.0.7:40000', 'plaintext'],
  ['128.0.0.1:40000', 'plaintext'],
  ['0.0.0.0:40000', 'plaintext'],
  ['::ffff:10.0.0.7:40000', 'plaintext'],
  ['::2:40000', 'plaintext'],
  ['fe80::1%eth0:40000', 'plaintext'],
  ['2001:db8::127.0.0.1:40000', 'plaintext'],
  ['unknown', 'plaintext'],
  ['127.0.0.1', 'plaintext'],
  ['localhost:40000', 'plaintext'],
  ['127.0.0.1.example.com:40000', 'plaintext'],
  ['', 'plaintext'],
];

describe('how a call came in', () => {
  for (const [peer, expected] of peers) {
    it(`${JSON.stringify(peer)} is ${expected} without TLS, and tls with it`, () => {
      const call = { getPeer: (): string => peer };
      expect(callSecurity(call, false)).to.equal(expected);
      expect(callSecurity(call, true)).to.equal('tls');
    });
  }
});
