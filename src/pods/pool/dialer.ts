import { inPodPort } from '../plan/pod-template.ts';
import type { ConnectPod, PodEndpoint } from '../pod-endpoint.ts';

/** Opens a connection and waits until the in-pod server says SERVING; leaves nothing open when it does not. */
export async function dialPod(connect: ConnectPod, host: string, signal: AbortSignal): Promise<PodEndpoint> {
  const endpoint = connect(`${host.includes(':') ? `[${host}]` : host}:${String(inPodPort)}`);
  try {
    await endpoint.ready(signal);
    return endpoint;
  } catch (thrown) {
    endpoint.close();
    throw thrown;
  }
}
