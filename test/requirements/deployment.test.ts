import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { parseServiceFlags } from '../../src/config/options.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';

describe('manifests/deployment.yaml', () => {
  let pod: unknown;
  let container: unknown;

  before(async () => {
    const deployment: unknown = parse(await readFile('manifests/deployment.yaml', 'utf8'));
    pod = jsonAt(deployment, 'spec', 'template', 'spec');
    container = jsonAt(pod, 'containers', 0);
  });

  it('starts the service with flags that it takes', () => {
    const { faults } = parseServiceFlags(jsonList(container, 'args').map(String));
    expect(faults).to.deep.equal([]);
  });

  it('mounts each secret where a flag looks for it', () => {
    const { options } = parseServiceFlags(jsonList(container, 'args').map(String));
    const secretOf = new Map(
      jsonList(pod, 'volumes').map((volume) => [jsonAt(volume, 'name'), jsonAt(volume, 'secret', 'secretName')]),
    );
    const mounted = new Map(
      jsonList(container, 'volumeMounts').map((mount) => [
        jsonAt(mount, 'mountPath'),
        secretOf.get(jsonAt(mount, 'name')),
      ]),
    );
    expect(mounted.get(options.registryAuthSecretPath.replace(/\/[^/]+$/, ''))).to.equal('registry-auth-secret');
    expect(mounted.get(options.tlsSecretPath)).to.equal('registry-tls-secret');
  });

  it('exposes the port that the service listens on', () => {
    const { options } = parseServiceFlags(jsonList(container, 'args').map(String));
    const ports = jsonList(container, 'ports').map((port) => [jsonAt(port, 'name'), jsonAt(port, 'containerPort')]);
    expect(ports).to.deep.include(['grpc', options.port]);
  });

  it('leaves time to drain and to finish what runs', () => {
    const { options } = parseServiceFlags(jsonList(container, 'args').map(String));
    const graceMs = Number(jsonAt(pod, 'terminationGracePeriodSeconds')) * 1000;
    expect(graceMs).to.be.above(options.drainDelayMs + options.evaluationTimeoutMs);
  });
});
