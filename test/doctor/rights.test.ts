import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [{ name: 'test', cluster: { server: server.url } }],
      users: [{ name: 'test', user: {} }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    };
    await writeFile(file, JSON.stringify(kubeconfig));
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
