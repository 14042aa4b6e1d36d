import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { parsePodTemplate } from '../../src/pods/plan/parse-pod-template.ts';
import { parseServiceTemplate } from '../../src/pods/plan/parse-service-template.ts';
import { functionRunner } from '../support/command-line.ts';

describe('function-runner template', function () {
  this.timeout(20_000);

  it('prints templates that the service takes', async () => {
    const { exitCode, stdout } = await functionRunner(['template']);
    expect(exitCode).to.equal(0);
    const documents = [...parseAllDocuments(stdout)].map((document): unknown => document.toJS());
    const [pod, service] = documents.filter((document): document is JsonObject => isJsonObject(document));
    expect(pod).to.include({ apiVersion: 'v1', kind: 'PodTemplate' });
    const template = parsePodTemplate(templateOf(pod), 'pod', '');
    expect(template.spec.containers.map(({ name, image }) => [name, image])).to.deep.equal([
      ['function', 'to-be-replaced'],
    ]);
    expect(template.spec.containers[0]?.['securityContext']).to.include({ readOnlyRootFilesystem: true });
    expect(service).to.include({ apiVersion: 'config.porch.kpt.dev/v1alpha1', kind: 'ServiceTemplate' });
    expect(parseServiceTemplate(templateOf(service), 'service', '').spec).to.include({ type: 'ClusterIP' });
  });

  it('takes nothing', async () => {
    const { exitCode, stderr } = await functionRunner(['template', 'pod']);
    expect(exitCode).to.equal(2);
    expect(stderr).to.contain('"pod" is too much');
  });
});

function templateOf(document: JsonObject | undefined): JsonObject {
  const template = document?.['template'];
  return isJsonObject(template) ? template : {};
}
