import type { ConnectPod, PodEndpoint } from '../pod-endpoint.ts';

/** The port of the in-pod server. */
const podPort = 9446;

/** Opens a connection and waits until the in-pod server says SERVING; leaves nothing open when it does not. */
export async function dialPod(connect: ConnectPod, host: string, signal: AbortSignal): Promise<PodEndpoint> {
  const endpoint = connect(`${host.includes(':') ? `[${host}]` : host}:${String(podPort)}`);
  try {
    await endpoint.ready(signal);
    return endpoint;
  } catch (thrown) {
    endpoint.close();
    throw thrown;
  }
}
