import { expect } from 'chai';
import type { JsonObject } from '../../../src/core/json.ts';
import { toRunnerError } from '../../../src/core/errors.ts';
import type { PodSettings } from '../../../src/pods/plan/pod-settings.ts';
import type { TemplateVersion } from '../../../src/pods/plan/template-version.ts';
import type { Resolution } from '../../../src/resolver/resolution.ts';
import { inlineVersion, plannerWith, userVersion } from './planner-with.ts';
import { porchTemplate } from './porch-template.ts';
import { resolutionOf, someDigest } from './resolution-of.ts';
import { containerOf, specOf } from './spec-of.ts';
import { jsonAt } from '../../support/json-at.ts';

const porch = userVersion(porchTemplate);

interface Given {
  readonly template?: TemplateVersion;
  readonly settings?: Partial<PodSettings>;
  readonly resolution?: Partial<Resolution>;
  readonly image?: string;
  readonly readOnlyRoot?: boolean;
}

async function made({
  template = inlineVersion,
  settings = {},
  resolution = {},
  image = 'fn:v1',
  readOnlyRoot,
}: Given = {}): Promise<JsonObject> {
  const config = { pod: { readOnlyRoot } };
  const planner = plannerWith({
    templates: { current: () => template },
    settings,
    functionConfigs: { find: () => config },
  });
  return specOf(await planner.plan(resolutionOf(image, resolution)));
}

const imageNames: readonly (readonly [image: string, pinned: string, requested: string])[] = [
  ['fn:v1', `ghcr.io/kptdev/krm-functions-catalog/fn@${someDigest}`, 'ghcr.io/kptdev/krm-functions-catalog/fn:v1'],
  ['ghcr.io/x/fn', `ghcr.io/x/fn@${someDigest}`, 'ghcr.io/x/fn'],
  ['acme/fn:V1.0-RC', `docker.io/acme/fn@${someDigest}`, 'acme/fn:V1.0-RC'],
  [`r.example:5000/fn:v1@${someDigest}`, `r.example:5000/fn@${someDigest}`, `r.example:5000/fn@${someDigest}`],
];

const commands: readonly (readonly [entrypoint: readonly string[], cmd: readonly string[], args: readonly string[]])[] =
  [
    [['/fn'], [], ['/fn']],
    [
      ['/fn', '-a'],
      ['--port', '1'],
      ['/fn', '-a', '--port', '1'],
    ],
    [[], ['node', 'main.js'], ['node', 'main.js']],
    [['sh', '-c', 'echo $HOME $(id) $$ $$(x) $'], [], ['sh', '-c', 'echo $HOME $$(id) $$$$ $$$$(x) $']],
  ];

describe('the spec of a function pod', () => {
  it('is hardened where the cluster has no template', async () => {
    const spec = await made();
    const run = containerOf(spec, 'function');
    expect(spec).to.deep.include({ automountServiceAccountToken: false, enableServiceLinks: false });
    expect(jsonAt(spec, 'securityContext', 'seccompProfile', 'type')).to.equal('RuntimeDefault');
    for (const container of [run, containerOf(spec, 'copy-wrapper-server')]) {
      expect(container['securityContext']).to.deep.equal({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
      });
      expect(jsonAt(container, 'resources', 'requests')).to.have.keys('cpu', 'memory');
      expect(container['terminationMessagePolicy']).to.equal('FallbackToLogsOnError');
    }
    expect(run['volumeMounts']).to.deep.include({ name: 'function-tmp', mountPath: '/tmp' });
    expect(spec['volumes']).to.deep.include({ name: 'function-tmp', emptyDir: {} });
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
      expect(jsonAt(run, probe, 'grpc', 'port'), probe).to.equal(9446);
    }
  });

  it('asks for no user, so that an image whose user is root runs', async () => {
    const spec = await made({ resolution: { user: '0' } });
    expect(JSON.stringify(spec)).not.to.contain('runAsNonRoot').and.not.to.contain('runAsUser');
  });

  it('has a writable root where the flag or the FunctionConfig says so', async () => {
    for (const given of [{ settings: { readOnlyRoot: false } }, { readOnlyRoot: false }]) {
      const spec = await made(given);
      expect(jsonAt(containerOf(spec, 'function'), 'securityContext', 'readOnlyRootFilesystem')).to.equal(false);
      expect(JSON.stringify(spec['volumes'])).not.to.contain('function-tmp');
    }
  });

  it("leaves the root file system to a user's template, but not to one that a FunctionConfig overrules", async () => {
    expect(containerOf(await made({ template: porch }), 'function')).not.to.have.property('securityContext');
    const overruled = containerOf(await made({ template: porch, readOnlyRoot: true }), 'function');
    expect(jsonAt(overruled, 'securityContext', 'readOnlyRootFilesystem')).to.equal(true);
    expect(overruled['volumeMounts']).to.deep.include({ name: 'function-tmp', mountPath: '/tmp' });
  });

  it('adds no second volume at /tmp', async () => {
    const [run] = porchTemplate.spec.containers;
    const tmp = { name: 'mine', mountPath: '/tmp' };
    const template = userVersion({
      spec: { ...porchTemplate.spec, containers: [{ ...run, volumeMounts: [...run.volumeMounts, tmp] }] },
    });
    const spec = await made({ template, readOnlyRoot: true });
    expect(containerOf(spec, 'function')['volumeMounts']).to.deep.equal([...run.volumeMounts, tmp]);
    expect(spec['volumes']).to.deep.equal(porchTemplate.spec.volumes);
  });

  for (const [image, pinned, requested] of imageNames) {
    it(`runs ${image} by its digest, or with --pin-image-digest=false as requested`, async () => {
      expect(containerOf(await made({ image }), 'function')['image']).to.equal(pinned);
      const loose = await made({ image, settings: { pinImageDigest: false } });
      expect(containerOf(loose, 'function')['image']).to.equal(requested);
    });
  }

  for (const [entrypoint, cmd, args] of commands) {
    it(`runs ${JSON.stringify([...entrypoint, ...cmd])} by the in-pod server`, async () => {
      const run = containerOf(await made({ resolution: { entrypoint, cmd } }), 'function');
      expect(run['command']).to.deep.equal(['/wrapper-server-tools/wrapper-server']);
      expect(run['args']).to.deep.equal(['--port', '9446', '--max-request-body-size', '6291456', '--', ...args]);
    });
  }

  it('is an error where the image has nothing to run', async () => {
    const error = await made({ resolution: { entrypoint: [] } }).catch(toRunnerError);
    expect(error).to.include({ code: 'MAN_CONFIG' });
  });

  it("keeps a template made for Porch's runner as it is, but for images, policy and arguments", async () => {
    const { spec } = porchTemplate;
    const [copy] = spec.initContainers;
    const [run] = spec.containers;
    const platforms = ['amd64', 'arm', 'arm64', 'ppc64le', 's390x'].map((name) => `linux/${name}`);
    expect(await made({ template: porch, resolution: { platforms } })).to.deep.equal({
      ...spec,
      initContainers: [{ ...copy, image: 'registry.example/wrapper:v1' }],
      containers: [
        {
          ...run,
          image: `ghcr.io/kptdev/krm-functions-catalog/fn@${someDigest}`,
          imagePullPolicy: 'IfNotPresent',
          args: ['--port', '9446', '--max-request-body-size', '6291456', '--', '/bin/function'],
        },
      ],
    });
  });

  it("puts its arguments behind the template's", async () => {
    const [run] = porchTemplate.spec.containers;
    const template = userVersion({ spec: { ...porchTemplate.spec, containers: [{ ...run, args: ['--theirs'] }] } });
    expect(jsonAt(containerOf(await made({ template }), 'function'), 'args', 0)).to.equal('--theirs');
  });

  it('keeps the wrapper image of the template where the environment names none, and is an error without any', async () => {
    const settings = { wrapperServerImage: '' };
    const spec = await made({ template: porch, settings });
    expect(jsonAt(spec, 'initContainers', 0, 'image')).to.equal('docker.io/nephio/porch-wrapper-server:latest');
    const error = toRunnerError(await made({ settings }).catch(toRunnerError));
    expect(error.code).to.equal('POD_TEMPLATE');
    expect(error.details.hint).to.contain('WRAPPER_SERVER_IMAGE');
  });

  for (const imagePullPolicy of ['Always', 'IfNotPresent', 'Never'] as const) {
    it(`has the pull policy ${imagePullPolicy} of the flag, whatever the API server put into the template`, async () => {
      const [run] = porchTemplate.spec.containers;
      const containers = [{ ...run, imagePullPolicy: 'Always' }];
      const template = userVersion({ spec: { ...porchTemplate.spec, containers } });
      const spec = await made({ template, settings: { imagePullPolicy } });
      expect(containerOf(spec, 'function')['imagePullPolicy']).to.equal(imagePullPolicy);
    });
  }
});
