import type { ApiClient } from '../../../src/kubernetes/api-client.ts';
import type { AccessRule } from '../api-double/access-rules.ts';

/** An API server, real or double, as the behaviours that both must show need it. */
export interface ApiUnderTest {
  /** As one who may do everything. */
  readonly api: ApiClient;
  /** A namespace that exists and is the test's own. */
  readonly namespace: string;
  /** As one who may do this, and nothing else, in the namespace. Closed with the test. */
  readonly restricted: (rules: readonly AccessRule[]) => Promise<ApiClient>;
  /** Cuts all connections; what happened before cannot be watched from any more. */
  readonly forget: () => Promise<void>;
}

/** What an API server does; the double is held to it by the same table as the real one. */
export interface Behaviour {
  readonly title: string;
  readonly show: (server: ApiUnderTest, signal: AbortSignal) => Promise<void>;
}
