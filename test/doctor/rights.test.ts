import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority } from '../../examples/registry/certificates.ts';
import { sendJson, startServer } from '../support/http-server.ts';
import { jsonAt } from '../support/json-at.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { doctor } from './doctor-command.ts';

describe('doctor, of rights that the API server cannot list', function () {
  this.timeout(20_000);

  it('asks for each of them', async () => {
    const asked: string[] = [];
    const server = await startServer((request, response) => {
      if (request.target.endsWith('/selfsubjectrulesreviews')) {
        sendJson(response, 201, { metadata: {}, status: { incomplete: true, resourceRules: [] } });
        return;
      }
      if (!request.target.endsWith('/selfsubjectaccessreviews')) {
        sendJson(response, 404, { kind: 'Status', code: 404, reason: 'NotFound' });
        return;
      }
      const body: unknown = JSON.parse(request.body);
      const attributes = jsonAt(body, 'spec', 'resourceAttributes');
      const [verb, resource, subresource] = ['verb', 'resource', 'subresource'].map((key) => jsonAt(attributes, key));
      asked.push([verb, resource, subresource].filter((part) => typeof part === 'string').join(' '));
      sendJson(response, 201, { metadata: {}, status: { allowed: resource === 'pods' || subresource === 'status' } });
    }, {});
    const folder = await tempFolder('kubeconfig');
    const file = join(folder.path, 'config');
    await writeFile(file, kubeconfigOf({ server: server.url }, {}));
    const { lines, exitCode } = await doctor(['--runtime=pod', `--kubeconfig=${file}`]);
    await server.stop();
    await folder.remove();
    const text = lines.join('\n');
    expect(text).to.match(
      /^ok rights: function pods: get, list, watch, create, patch, delete pods in porch-fn-system$/m,
    );
    expect(text).to.match(/^ok rights: FunctionConfig status: patch functionconfigs\/status in porch-fn-system$/m);
    expect(text).to.match(
      /^problem rights: pod template: list, watch podtemplates base-pod-template .* are not allowed/m,
    );
    expect(asked).to.include.members(['create pods', 'patch functionconfigs status', 'watch podtemplates']);
    expect(exitCode).to.equal(1);
  });
});

describe('doctor, of the way to a cluster', function () {
  this.timeout(20_000);

  it('tells of a client certificate that has expired, and of a file of images ahead that is malformed', async () => {
    const ca = await createAuthority({ name: 'Cluster CA' });
    const past = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2021-02-03T04:05:00Z') };
    const pair = await ca.issue({ client: true, commonName: 'runner', ...past });
    const folder = await tempFolder('kubeconfig');
    const file = join(folder.path, 'config');
    const encoded = (pem: string): string => Buffer.from(pem).toString('base64');
    const cluster = { server: 'https://127.0.0.1:9', 'certificate-authority-data': encoded(ca.certificatePem) };
    const user = {
      'client-certificate-data': encoded(pair.certificatePem),
      'client-key-data': encoded(pair.keyPem),
    };
    await writeFile(file, kubeconfigOf(cluster, user));
    await writeFile(join(folder.path, 'cache.yaml'), '- nonsense');
    const flags = [`--kubeconfig=${file}`, `--pod-cache-config=${folder.path}/cache.yaml`];
    const { lines, exitCode } = await doctor(['--runtime=pod', ...flags]);
    await folder.remove();
    const text = lines.join('\n');
    expect(text).to.match(/^problem cluster: 127\.0\.0\.1:9: no answer from the API server/m);
    expect(text).to.match(/^ok cluster: CA: CN=Cluster CA: valid until /m);
    expect(text).to.match(/^problem cluster: client certificate: CN=runner: expired on 2021-02-03 04:05 -> Renew it/m);
    expect(text).to.match(/^problem pod cache: .*cache\.yaml: /m);
    expect(exitCode).to.equal(1);
  });
});

function kubeconfigOf(cluster: object, user: object): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  });
}
