import type { Check } from './check.ts';
import { clientCertificateCheck } from './client-certificate-check.ts';
import { clusterCheck } from './cluster-check.ts';
import { ClusterUnderTest } from './cluster-under-test.ts';
import { credentialsCheck } from './credentials-check.ts';
import { executablesCheck } from './executables-check.ts';
import { flagsCheck } from './flags-check.ts';
import { functionConfigsCheck } from './function-configs-check.ts';
import { grpcTlsCheck } from './grpc-tls-check.ts';
import { imageCheck } from './image-check.ts';
import { sandboxCheck, storeCheck } from './local-check.ts';
import { namedSecretsCheck } from './named-secrets-check.ts';
import { namespaceCheck } from './namespace-check.ts';
import { nodeRegistriesCheck } from './node-registries-check.ts';
import type { Patient } from './patient.ts';
import { podCacheCheck } from './pod-cache-check.ts';
import { providersCheck } from './providers-check.ts';
import { proxyCheck } from './proxy-check.ts';
import { registriesCheck } from './registries-check.ts';
import { type RegistryAccess, registryAccess } from './registry-access.ts';
import { Rehearsal } from './rehearsal.ts';
import { replicaCheck } from './replica-check.ts';
import { rightsCheck } from './rights-check.ts';
import { type Finding, runChecks } from './run-checks.ts';
import { signatureKeysCheck } from './signature-keys-check.ts';
import { templatesCheck } from './templates-check.ts';
import { authoritiesCheck } from './tls-check.ts';
import { wrapperCheck } from './wrapper-check.ts';

/** Looks at everything that the flags speak of, in this order, and changes nothing. Each finding comes as soon as it may. */
export async function* examine(patient: Patient, signal: AbortSignal): AsyncGenerator<Finding> {
  const registries = registryAccess(patient);
  const cluster = new ClusterUnderTest(patient);
  const rehearsal = new Rehearsal(patient, cluster);
  const checks: readonly Check[] = [
    flagsCheck(patient),
    credentialsCheck(patient),
    authoritiesCheck(patient),
    clientCertificateCheck(patient),
    grpcTlsCheck(patient),
    providersCheck(patient),
    signatureKeysCheck(patient),
    executablesCheck(patient),
    registriesCheck(patient, registries),
    proxyCheck(patient),
    nodeRegistriesCheck(patient),
    ...(patient.runtime === 'local' ? localChecks(patient) : podChecks(patient, cluster, registries)),
    ...patient.images.map((image) => imageCheck(patient, image, registries, rehearsal)),
  ];
  try {
    yield* runChecks(checks, signal);
  } finally {
    await rehearsal.close();
    await Promise.all([registries.close(), cluster.close()]);
  }
}

function localChecks(patient: Patient): readonly Check[] {
  return [sandboxCheck(patient), storeCheck(patient)];
}

function podChecks(patient: Patient, cluster: ClusterUnderTest, registries: RegistryAccess): readonly Check[] {
  return [
    clusterCheck(patient, cluster),
    rightsCheck(patient, cluster),
    namespaceCheck(patient, cluster),
    templatesCheck(patient, cluster),
    functionConfigsCheck(cluster),
    replicaCheck(patient, cluster),
    namedSecretsCheck(patient, cluster),
    wrapperCheck(patient, registries),
    podCacheCheck(patient),
  ];
}
