import { expect } from 'chai';
import { stringify } from 'yaml';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { silentLog } from '../../src/core/log.ts';
import { podTemplates, type PodTemplate } from '../../src/kubernetes/resources.ts';
import { TemplateSources } from '../../src/pods/plan/template-sources.ts';
import type { TemplateVersion } from '../../src/pods/plan/template-version.ts';
import type { PodPlan } from '../../src/pods/pod-plan.ts';
import { MemoryStore } from '../pods/plan/memory-store.ts';
import { inlineVersion, plannerWith, serviceVersion, userVersion } from '../pods/plan/planner-with.ts';
import { porchTemplate } from '../pods/plan/porch-template.ts';
import { resolutionOf, someDigest } from '../pods/plan/resolution-of.ts';
import { specOf } from '../pods/plan/spec-of.ts';
import { startCluster } from '../support/cluster/cluster.ts';
import type { Cluster } from '../support/cluster/cluster.ts';
import { functionRunner } from '../support/command-line.ts';
import { jsonAt } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';

const namespace = 'porch-fn-system';

const images = [
  'ghcr.io/kptdev/krm-functions-catalog/set-namespace:v0.4',
  `localhost:5000/3scale__x.y:V1.0_RC`,
  `registry.example:5000/a/${'long-'.repeat(30)}name:${'T'.repeat(128)}`,
  `acme/fn@${someDigest}`,
];

describe('planned pods, to a real API server', function () {
  requires('cluster');
  this.timeout(120_000);
  let cluster: Cluster;

  before(async () => {
    cluster = await startCluster();
    await cluster.createNamespace(namespace);
    await cluster.kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=baseline']);
  });

  after(async () => cluster.stop());

  const planWith = async (template: TemplateVersion, image: string): Promise<PodPlan> =>
    plannerWith({ templates: { current: () => template }, settings: { podAddress: 'service' } }).plan(
      resolutionOf(image),
    );

  for (const image of images) {
    it(`are valid from the built-in template and from one for Porch's runner: ${image.slice(0, 60)}`, async () => {
      for (const template of [inlineVersion, userVersion(porchTemplate)]) {
        const plan = await planWith(template, image);
        const { exitCode, stderr } = await cluster.kubectl(['create', '-f', '-'], stringify(plan.pod(0, 'uid')));
        expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
      }
    });
  }

  it('have valid Services', async () => {
    const plan = await planWith(serviceVersion, 'acme/3scale:v1');
    const pod = plan.pod(0, '');
    await cluster.apply(stringify(pod));
    const name = String(jsonAt(pod, 'metadata', 'name'));
    await cluster.apply(stringify(plan.service(name)));
    const { stdout } = await cluster.kubectl([
      '-n',
      namespace,
      'get',
      'service',
      name,
      '-o',
      'jsonpath={.spec.selector}',
    ]);
    expect(JSON.parse(stdout)).to.deep.equal({ 'fn.kpt.dev/image': name });
  });

  it('are valid from the template that is printed, as the API server stores it', async () => {
    const printed = await functionRunner(['template']);
    await cluster.apply(
      `${printed.stdout.split('\n---\n')[0] ?? ''}\n`.replace(
        'name: base-pod-template',
        `name: base-pod-template\n  namespace: ${namespace}`,
      ),
    );
    const { stdout } = await cluster.kubectl([
      '-n',
      namespace,
      'get',
      'podtemplate',
      'base-pod-template',
      '-o',
      'json',
    ]);
    const store = new MemoryStore<PodTemplate>();
    store.accept(podTemplates(namespace).parse(objectIn(stdout)));
    const sources = new TemplateSources({
      configMap: undefined,
      podTemplates: store,
      serviceTemplates: undefined,
      log: silentLog,
    });
    await sources.start();
    const plan = await planWith(sources.current(), 'acme/stored:v1');
    await cluster.apply(stringify(plan.pod(0, '')));
    expect(specOf(plan)).to.deep.include({ automountServiceAccountToken: false, enableServiceLinks: false });
  });
});

function objectIn(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  return isJsonObject(value) ? value : {};
}
