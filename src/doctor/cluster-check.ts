import type { ClusterAccess } from '../kubernetes/cluster-access.ts';
import { parseCaBundle } from '../registry/trust/ca-bundle.ts';
import { authorityRemarks, chainRemarks } from './certificate-remarks.ts';
import type { Check } from './check.ts';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import type { Patient } from './patient.ts';
import { failed, ok, type Remark } from './remark.ts';

/** Whether the API server answers, and knows who asks; and the certificates on the way to it. */
export function clusterCheck({ options, nowMs }: Patient, under: ClusterUnderTest): Check {
  return {
    name: 'cluster',
    subject: options.kubeconfig,
    timeoutMs: 15_000,
    run: async () => {
      const { access } = await under.opened();
      return [await answerRemark(access, under), ...certificateRemarks(access, nowMs)];
    },
  };
}

async function answerRemark({ server, namespace }: ClusterAccess, under: ClusterUnderTest): Promise<Remark> {
  try {
    await under.answered();
    return ok(server.host, `answers; the service's own namespace is ${namespace}`);
  } catch (thrown) {
    return failed(server.host, thrown);
  }
}

function certificateRemarks({ ca, clientCertificate }: ClusterAccess, nowMs: number): readonly Remark[] {
  const read = (pem: string, what: string): readonly string[] => parseCaBundle(Buffer.from(pem), what);
  return [
    ...(ca === undefined ? [] : authorityRemarks('CA', read(ca, 'the CA of the cluster'), nowMs)),
    ...(clientCertificate === undefined
      ? []
      : chainRemarks('client certificate', read(clientCertificate.cert, 'the client certificate'), nowMs)),
  ];
}
