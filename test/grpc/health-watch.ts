import { Client, credentials } from '@grpc/grpc-js';
import { messageOf, textField } from '../../src/rpc/fields.ts';
import { protoService } from '../../src/rpc/proto.ts';

export interface HealthWatch {
  /** Statuses received so far. */
  readonly statuses: readonly string[];
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  /** Resolves when so many statuses have been received. */
  received(count: number): Promise<void>;
  close(): void;
}

/** Calls grpc.health.v1.Health/Watch. */
export function watchHealth(address: string, service = ''): HealthWatch {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  const { Watch: method } = protoService('grpc.health.v1.Health');
  if (method === undefined) throw new Error('no method Watch');
  const { path, requestSerialize, responseDeserialize } = method;
  const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service });
  const statuses: string[] = [];
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  call.on('data', (message: object) => statuses.push(textField(messageOf(message), 'status')));
  call.on('error', () => {
    end();
  });
  call.on('end', end);
  return {
    statuses,
    ended,
    received: async (count) => {
      while (statuses.length < count) await new Promise((resolve) => call.once('data', resolve));
    },
    close: () => {
      call.cancel();
      client.close();
    },
  };
}
