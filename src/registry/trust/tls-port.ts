import { Readable } from 'node:stream';
import type { WireAnswer } from '../transport/wire.ts';

const maxErrorBytes = 64 * 1024;

/** What Go, nginx and Apache answer to plaintext on a port that wants TLS. */
const complaint = /http request (?:was sent )?to (?:an )?https (?:server|port)|speaking plain http to an ssl-enabled/i;

/**
 * Whether a plaintext answer only says that the port wants TLS: then it is no answer of the registry (registry-behaviour
 * 5.3, TC24). To tell, the body is read; what comes back carries it again.
 */
export async function tlsPortComplaint(answer: WireAnswer): Promise<WireAnswer | 'wants-tls'> {
  if (answer.status !== 400) return answer;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    if (!(chunk instanceof Uint8Array)) continue;
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxErrorBytes) break;
  }
  const whole = Buffer.concat(chunks);
  if (complaint.test(whole.toString('latin1'))) return 'wants-tls';
  return { ...answer, body: Readable.from([whole]) };
}
