import { expect } from 'chai';
import { stringify } from 'yaml';
import type { JsonObject } from '../../../src/core/json.ts';
import { type RunnerError, toRunnerError } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import { ApiError } from '../../../src/kubernetes/api-error.ts';
import type { ApiObject } from '../../../src/kubernetes/object.ts';
import {
  type ConfigMap,
  configMaps,
  parseObject,
  type PodTemplate,
  podTemplates,
} from '../../../src/kubernetes/resources.ts';
import { TemplateSources } from '../../../src/pods/plan/template-sources.ts';
import { MemoryStore } from './memory-store.ts';
import { porchTemplate } from './porch-template.ts';

import { jsonAt } from '../../support/json-at.ts';

const { spec } = porchTemplate;
const [copy] = spec.initContainers;
const [run] = spec.containers;
const fns = 'porch-fn-system';

class Fixture {
  readonly configMaps = new MemoryStore<ConfigMap>();
  readonly podTemplates = new MemoryStore<PodTemplate>();
  readonly serviceTemplates: MemoryStore<ApiObject>;
  readonly sources: TemplateSources;
  readonly errors: string[] = [];
  readonly warnings: string[] = [];

  constructor(startFailure?: Error) {
    this.serviceTemplates = new MemoryStore<ApiObject>(startFailure);
    const error = (_message: string, values: JsonObject = {}): void => void this.errors.push(String(values['reason']));
    this.sources = new TemplateSources({
      configMap: { name: 'mine', store: this.configMaps },
      podTemplates: this.podTemplates,
      serviceTemplates: this.serviceTemplates,
      log: { ...silentLog, error, warn: (message) => void this.warnings.push(message) },
    });
  }

  putConfigMap(data: Readonly<Record<string, string>>): void {
    this.configMaps.accept(
      configMaps('porch-system').parse({ metadata: { name: 'mine', namespace: 'porch-system' }, data }),
    );
  }

  putPodTemplate(template: unknown, resourceVersion = '1'): void {
    const metadata = { name: 'base-pod-template', namespace: fns, resourceVersion };
    this.podTemplates.accept(podTemplates(fns).parse({ metadata, template }));
  }

  putServiceTemplate(template: unknown): void {
    this.serviceTemplates.accept(
      parseObject({ metadata: { name: 'base-service-template', namespace: fns }, template }),
    );
  }

  failure(): RunnerError {
    try {
      this.sources.current();
    } catch (error) {
      return toRunnerError(error);
    }
    throw new Error('no failure');
  }
}

const podText = stringify({ apiVersion: 'v1', kind: 'Pod', ...porchTemplate });

const malformed: readonly (readonly [template: unknown, message: RegExp])[] = [
  [{}, /^PodTemplate porch-fn-system\/base-pod-template: template\.spec is missing$/],
  [{ spec: [] }, /template\.spec is not an object/],
  [
    { spec: { ...spec, containers: [{ name: 'fn' }] } },
    /template\.spec\.containers has no container called "function"/,
  ],
  [{ spec: { ...spec, containers: [run, run] } }, /more than one container called "function"/],
  [{ spec: { ...spec, initContainers: [] } }, /template\.spec\.initContainers is empty/],
  [{ spec: { ...spec, initContainers: [{ image: 'x' }] } }, /initContainers\[0\]\.name is missing/],
  [{ spec: { ...spec, containers: [{ ...run, args: ['a', 1] }] } }, /containers\[0\]\.args\[1\] is not a text/],
  [{ spec: { ...spec, containers: [{ ...run, env: { A: 'b' } }] } }, /containers\[0\]\.env is not a list/],
  [{ spec: { ...spec, containers: [{ ...run, command: 'sh' }] } }, /containers\[0\]\.command is not a list/],
  [{ spec: { ...spec, volumes: ['v'] } }, /template\.spec\.volumes\[0\] is not an object/],
  [{ spec: { ...spec, imagePullSecrets: 'x' } }, /template\.spec\.imagePullSecrets is not a list/],
  [{ spec: { ...spec, affinity: { nodeAffinity: 'x' } } }, /template\.spec\.affinity\.nodeAffinity is not an object/],
  [{ metadata: { annotations: { evict: true } }, spec }, /template\.metadata\.annotations\["evict"\] is not a text/],
];

const malformedTexts: readonly (readonly [text: string, message: RegExp])[] = [
  ['spec: [', /^ConfigMap porch-system\/mine, key template: line \d+ is not YAML: /],
  ['text', /: the document is not an object$/],
  ['', /: the document is not /],
  ['kind: Deployment\nspec: {}', /: kind is not Pod$/],
  [
    'kind: Pod\nmetadata:\n  annotations:\n    a: true\nspec: {}',
    /: metadata\.annotations\["a"\] is not a text: quote it$/,
  ],
  ['kind: Pod\nspec:\n  containers: []', /: spec\.containers has no container called "function"$/],
];

describe('the template of function pods', () => {
  it('is the first one found: ConfigMap, base-pod-template, built in', async () => {
    const fixture = new Fixture();
    await fixture.sources.start();
    expect(fixture.sources.current()).to.include({ source: 'built in', isInline: true });
    fixture.putPodTemplate(porchTemplate);
    expect(fixture.sources.current()).to.include({ source: `PodTemplate ${fns}/base-pod-template`, isInline: false });
    fixture.putConfigMap({ template: podText });
    expect(fixture.sources.current().source).to.equal('ConfigMap porch-system/mine, key template');
    fixture.configMaps.remove('mine');
    fixture.podTemplates.remove('base-pod-template');
    expect(fixture.sources.current().isInline).to.equal(true);
  });

  it('may stand in the ConfigMap as the PodTemplate that "function-runner template" prints', async () => {
    const fixture = new Fixture();
    fixture.putConfigMap({ template: stringify({ apiVersion: 'v1', kind: 'PodTemplate', template: porchTemplate }) });
    await fixture.sources.start();
    expect(fixture.sources.current().template.spec.initContainers[0].name).to.equal(copy.name);
  });

  it('has a version that changes with its content alone', async () => {
    const fixture = new Fixture();
    fixture.putPodTemplate(porchTemplate);
    await fixture.sources.start();
    const first = fixture.sources.current();
    fixture.putPodTemplate({ spec: { ...spec }, metadata: porchTemplate.metadata }, '2');
    expect(fixture.sources.current()).to.equal(first);
    fixture.putPodTemplate({ spec: { ...spec, hostNetwork: true } }, '3');
    expect(fixture.sources.current().version).not.to.equal(first.version);
    fixture.putPodTemplate(porchTemplate, '4');
    expect(fixture.sources.current().version).to.equal(first.version);
  });

  for (const [template, message] of malformed) {
    it(`that is malformed is an error: ${String(message)}`, async () => {
      const fixture = new Fixture();
      fixture.putPodTemplate(template);
      await fixture.sources.start();
      const { code, message: text, details } = fixture.failure();
      expect(code).to.equal('POD_TEMPLATE');
      expect(text).to.match(message);
      expect(details.hint).to.contain('function-runner template');
    });
  }

  for (const [text, message] of malformedTexts) {
    it(`that is malformed in the ConfigMap is an error: ${String(message)}`, async () => {
      const fixture = new Fixture();
      fixture.putConfigMap({ template: text });
      fixture.putPodTemplate(porchTemplate);
      await fixture.sources.start();
      expect(fixture.failure()).to.include({ code: 'POD_TEMPLATE' });
      expect(fixture.failure().message).to.match(message);
    });
  }

  it('stays the one that worked when it is changed into a malformed one, and the log says so once', async () => {
    const fixture = new Fixture();
    fixture.putPodTemplate(porchTemplate);
    await fixture.sources.start();
    const good = fixture.sources.current();
    fixture.putPodTemplate({ spec: {} });
    expect(fixture.sources.current()).to.equal(good);
    expect(fixture.sources.current()).to.equal(good);
    expect(fixture.errors).to.have.lengthOf(1);
    expect(fixture.errors[0]).to.contain('template.spec.containers has no container called "function"');
  });

  it('comes with the first service template found: ConfigMap, base-service-template, built in', async () => {
    const fixture = new Fixture();
    await fixture.sources.start();
    const type = (): unknown => jsonAt(fixture.sources.current().serviceTemplate, 'spec', 'type');
    expect(type()).to.equal('ClusterIP');
    const ports = [{ port: 9446, protocol: 'TCP', targetPort: 9446 }];
    fixture.putServiceTemplate({ spec: { type: 'NodePort', ports } });
    expect(type()).to.equal('NodePort');
    fixture.putConfigMap({ serviceTemplate: stringify({ kind: 'Service', spec: { type: 'LoadBalancer', ports } }) });
    expect(type()).to.equal('LoadBalancer');
  });

  it('is an error with a service template that lacks the port of the in-pod server', async () => {
    const fixture = new Fixture();
    fixture.putServiceTemplate({ spec: { ports: [{ port: 80 }] } });
    await fixture.sources.start();
    expect(fixture.failure().message).to.equal(
      `ServiceTemplate ${fns}/base-service-template: template.spec.ports has no port 9446, which function pods are called at`,
    );
  });

  it('needs no cluster that knows ServiceTemplates', async () => {
    const unknown = new ApiError('CLUSTER_REFUSED', 'no such kind', { status: 404, reason: 'NotFound' });
    const fixture = new Fixture(unknown);
    await fixture.sources.start();
    expect(jsonAt(fixture.sources.current().serviceTemplate, 'spec', 'type')).to.equal('ClusterIP');
    const denied = new ApiError('CLUSTER_DENIED', 'no', { status: 403, reason: 'Forbidden' });
    expect(await new Fixture(denied).sources.start().catch(toRunnerError)).to.equal(denied);
  });

  it("is warned about where it is Porch's unchanged default, as an API server stores it", async () => {
    const filledIn = { terminationMessagePath: '/dev/termination-log', imagePullPolicy: 'Always', resources: {} };
    const stored = {
      ...spec,
      initContainers: [{ ...copy, ...filledIn }],
      containers: [{ ...run, ...filledIn }],
      securityContext: {},
      restartPolicy: 'Always',
    };
    const hardened = { ...stored, securityContext: { runAsNonRoot: true } };
    const limited = { ...stored, containers: [{ ...run, resources: { limits: { memory: '1Gi' } } }] };
    const warned = await Promise.all(
      [stored, hardened, limited].map(async (each) => {
        const fixture = new Fixture();
        fixture.putPodTemplate({ spec: each });
        await fixture.sources.start();
        return fixture.warnings.filter((warning) => warning.includes('not hardened')).length;
      }),
    );
    expect(warned).to.deep.equal([1, 0, 0]);
  });

  it('is no longer followed after close', async () => {
    const fixture = new Fixture();
    await fixture.sources.start();
    fixture.sources.close();
    expect([fixture.configMaps, fixture.podTemplates, fixture.serviceTemplates].every(({ closed }) => closed)).to.equal(
      true,
    );
    fixture.putPodTemplate(porchTemplate);
    expect(fixture.sources.current().isInline).to.equal(true);
  });
});
