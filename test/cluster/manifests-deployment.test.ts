import { expect } from 'chai';
import { parseServiceFlags } from '../../src/config/options.ts';
import { manifestFolders, ofKind, renderedManifests } from '../support/cluster/rendered-manifests.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';

for (const folder of manifestFolders) {
  describe(`the Deployment of ${folder}`, () => {
    requires('cluster');
    let deployment: unknown;
    let pod: unknown;
    let container: unknown;
    let flags: ReturnType<typeof parseServiceFlags>;

    before(async () => {
      deployment = ofKind(await renderedManifests(folder), 'Deployment')[0];
      pod = jsonAt(deployment, 'spec', 'template', 'spec');
      container = jsonAt(pod, 'containers', 0);
      flags = parseServiceFlags(jsonList(container, 'args').map(String));
    });

    it('starts the service with flags that it takes', () => {
      expect(flags.faults).to.deep.equal([]);
    });

    it('mounts each secret where a flag looks for it', () => {
      const { options } = flags;
      const secretOf = new Map(
        jsonList(pod, 'volumes').map((volume) => [jsonAt(volume, 'name'), jsonAt(volume, 'secret', 'secretName')]),
      );
      const mounted = new Map(
        jsonList(container, 'volumeMounts').map((mount) => [
          jsonAt(mount, 'mountPath'),
          secretOf.get(jsonAt(mount, 'name')),
        ]),
      );
      const auth = options.enablePrivateRegistries ? 'registry-auth-secret' : undefined;
      const tls = options.enablePrivateRegistriesTls ? 'registry-tls-secret' : undefined;
      expect(mounted.get(options.registryAuthSecretPath.replace(/\/[^/]+$/, ''))).to.equal(auth);
      expect(mounted.get(options.tlsSecretPath)).to.equal(tls);
    });

    it('exposes the port that the service listens on', () => {
      const ports = jsonList(container, 'ports').map((port) => [jsonAt(port, 'name'), jsonAt(port, 'containerPort')]);
      expect(ports).to.deep.include(['grpc', flags.options.port]);
    });

    it('leaves time to drain and to finish what runs', () => {
      const graceMs = Number(jsonAt(pod, 'terminationGracePeriodSeconds')) * 1000;
      expect(graceMs).to.be.above(flags.options.drainDelayMs + flags.options.evaluationTimeoutMs);
    });

    it('is hardened', () => {
      expect(jsonAt(pod, 'securityContext', 'runAsNonRoot')).to.equal(true);
      expect(jsonAt(pod, 'securityContext', 'runAsUser')).to.equal(10001);
      expect(jsonAt(container, 'securityContext', 'readOnlyRootFilesystem')).to.equal(true);
      expect(jsonAt(container, 'securityContext', 'allowPrivilegeEscalation')).to.equal(false);
      expect(jsonList(container, 'securityContext', 'capabilities', 'drop')).to.deep.equal(['ALL']);
    });

    it('has a token of the API server only where functions run in pods', () => {
      expect(jsonAt(pod, 'automountServiceAccountToken')).to.equal(flags.options.runtime === 'pod');
    });

    it('keeps a replica through a disruption and through an update', async () => {
      const budget = ofKind(await renderedManifests(folder), 'PodDisruptionBudget')[0];
      expect(jsonAt(deployment, 'spec', 'replicas')).to.equal(2);
      expect(jsonAt(deployment, 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable')).to.equal(0);
      expect(jsonAt(budget, 'spec', 'minAvailable')).to.equal(1);
      expect(jsonAt(budget, 'spec', 'selector')).to.deep.equal(jsonAt(deployment, 'spec', 'selector'));
    });
  });
}
