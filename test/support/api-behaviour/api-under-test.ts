import type { Api } from '../../../src/kubernetes/api.ts';

/** An API server, real or double, as the behaviours that both must show need it. */
export interface ApiUnderTest {
  /** As one who may do everything. */
  readonly api: Api;
  /** A namespace that exists and is the test's own. */
  readonly namespace: string;
}
