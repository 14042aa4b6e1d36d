import { expect } from 'chai';
import { startServing } from '../commands/serving.ts';
import { doctor } from '../doctor/doctor-command.ts';
import { porchTemplate } from '../pods/plan/porch-template.ts';
import { functionNamespace as namespace, runnerUser } from '../support/cluster/runner-access.ts';
import type { ApiRequest } from '../support/cluster/audit-log.ts';
import { answering, helperPrograms } from '../credentials/helper-programs.ts';
import { mountSecret } from '../support/mounted-secret.ts';
import { requires } from '../support/requires.ts';
import { DoctorStage, expectLine, login as stageLogin, secretType } from './stage/doctor-stage.ts';

const core = `/api/v1/namespaces/${namespace}`;

describe('doctor, of images in a cluster', function () {
  requires('cluster', 'docker-registry', 'htpasswd');
  this.timeout(120_000);
  let stage: DoctorStage;

  before(async () => {
    stage = await DoctorStage.start();
  });

  after(async () => stage.stop());

  afterEach(async () => stage.reset());

  it('finds nothing wrong where the service runs, with the flags of that service', async () => {
    const env = stage.environment;
    const serving = await startServing(stage.flags, env);
    stage.undo(async () => stage.cluster.admin.request('DELETE', `${core}/secrets/registry-auth-secret`));
    stage.undo(async () => serving.stop());
    const { lines, exitCode } = await doctor([`--like-pid=${String(serving.pid)}`, stage.image], env);
    expect(lines.filter((line) => !/^(ok|skipped) /.test(line))).to.deep.equal([]);
    expect(exitCode).to.equal(0);
    expect(lines).to.include(`ok pull secret: ${namespace}/registry-auth-secret: equal to the mounted file`);
    expect(lines.at(-1)).to.match(
      /^ok image: .*: the node would pull .*@sha256:\w+ with entry .* of registry-auth-secret$/,
    );
  });

  it('follows an image down to the node that would pull it', async () => {
    await stage.putReplica(stage.config);
    const { lines } = await stage.look([stage.image]);
    const digest = /sha256:\w+/.exec(lines.join('\n'))?.[0] ?? '';
    expect(lines.filter((line) => line.startsWith('ok image: '))).to.deep.equal(
      [
        'means REGISTRY/team/fn:v1',
        'credentials that match: REGISTRY',
        `found: ${digest}, reached by mounted-ca, with the login of REGISTRY`,
        'platform linux/amd64 of linux/amd64',
        'runs ["/fn"]',
        'cannot tell whether the login of REGISTRY could push: its registry does not say',
        `the API server would take its pod in ${namespace}`,
        'its pod has the pull secrets registry-auth-secret',
        `the node would pull REGISTRY/team/fn@${digest} with entry REGISTRY of registry-auth-secret`,
      ].map((what) => `ok image: REGISTRY/team/fn:v1: ${what}`),
    );
  });

  it('counts the pull secrets of the service account as nodes do', async () => {
    const data = { '.dockerconfigjson': Buffer.from(stage.config).toString('base64') };
    await stage.put(`${core}/secrets`, 'linked', { type: secretType, data });
    await stage.cluster.admin.must('PATCH', `${core}/serviceaccounts/default`, {
      imagePullSecrets: [{ name: 'linked' }],
    });
    stage.undo(async () =>
      stage.cluster.admin.must('PATCH', `${core}/serviceaccounts/default`, { imagePullSecrets: null }),
    );
    const off = [`--kubeconfig=${stage.cluster.adminKubeconfig}`, '--enable-private-registries=false', stage.image];
    const { lines } = await stage.look(off);
    expect(lines).to.include(`ok service account: ${namespace}/default: there; pull secrets linked`);
    expect(lines).to.include(`ok service account: pull secret ${namespace}/linked: for REGISTRY`);
    expect(lines).to.include('ok image: REGISTRY/team/fn:v1: credentials that match: pull secret linked: REGISTRY');
    expect(lines.at(-1)).to.match(/the node would pull .* with entry REGISTRY of linked$/);
  });

  it('tells of credentials that are here and that no node could use', async () => {
    const upper = `LOCALHOST:${String(stage.registry.port)}`;
    await stage.put(`${core}/secrets`, 'capital', {
      type: secretType,
      data: {
        '.dockerconfigjson': Buffer.from(stage.config.replace(stage.registry.authority, upper)).toString('base64'),
      },
    });
    const name = `localhost:${String(stage.registry.port)}/team/fn:v1`;
    const { lines, exitCode } = await stage.look([
      `--kubeconfig=${stage.cluster.adminKubeconfig}`,
      '--enable-private-registries=false',
      `--insecure-registries=localhost:${String(stage.registry.port)}`,
      '--pull-secrets=capital',
      name,
    ]);
    expect(lines.at(-1)).to.match(
      /^problem image: .*: the node has no credentials for .* that it can use, though the image was found with pull secret capital: /,
    );
    expect(exitCode).to.equal(1);
  });

  it('says that an image that is never pulled has to be there', async () => {
    const { lines, exitCode } = await stage.look(['--image-pull-policy=Never', stage.image]);
    expect(lines.at(-1)).to.match(
      /^warning image: .*: imagePullPolicy is Never: the node has to have .* already -> Load it/,
    );
    expect(exitCode).to.equal(0);
  });

  it('tells of an image that there is not, and still of the next one', async () => {
    const { lines, exitCode } = await stage.look([`${stage.registry.authority}/team/absent:v1`, 'UPPER', stage.image]);
    expect(lines.join('\n')).to.match(
      /^problem image: REGISTRY\/team\/absent:v1: .*(unknown|not found|does not exist|has no)/im,
    );
    expect(lines.join('\n')).to.match(/^problem image: UPPER: /m);
    expect(lines.at(-1)).to.match(/^ok image: REGISTRY\/team\/fn:v1: the node would pull /);
    expect(exitCode).to.equal(1);
  });

  it('tells of an image of a registry that is not allowed', async () => {
    const { lines } = await stage.look(['--allowed-registries=ghcr.io', stage.image]);
    expect(lines.at(-1)).to.match(
      /^problem image: REGISTRY\/team\/fn:v1: REGISTRY\/team\/fn is in none of the --allowed-registries -> /,
    );
  });

  it('tells of a wrapper image that is not named, or not to be found', async () => {
    expectLine(
      await stage.look([], { WRAPPER_SERVER_IMAGE: '' }),
      'problem wrapper image: the environment variable WRAPPER_SERVER_IMAGE is not set -> Set it',
    );
    const absent = await stage.look([], { WRAPPER_SERVER_IMAGE: `${stage.registry.authority}/team/absent:v1` });
    expectLine(absent, 'warning wrapper image: REGISTRY/team/absent:v1: not found from here: ');
  });

  it('follows the login of a helper to the secret that the service would make for it', async () => {
    const helpers = await helperPrograms({ company: answering(stageLogin.name, stageLogin.password) });
    stage.undo(async () => helpers.remove());
    const config = JSON.stringify({ auths: {}, credHelpers: { [stage.registry.authority]: 'company' } });
    const auth = await mountSecret({ '.dockerconfigjson': config });
    stage.undo(async () => auth.remove());
    const before = (await stage.cluster.requests()).length;
    const flags = [`--registry-auth-secret-path=${auth.file('.dockerconfigjson')}`, stage.image];
    const answer = await stage.look(flags, { PATH: helpers.path });
    expectLine(answer, `ok credentials: helper for REGISTRY: docker-credential-company is ${helpers.folder}/`);
    expectLine(
      answer,
      'ok registry: REGISTRY (docker-credential-company for REGISTRY): reached by mounted-ca; login accepted',
    );
    expectLine(answer, 'warning rights: pull secrets of programs: ');
    expect(answer.exitCode).to.equal(1);
    const allowed = await stage.look([...flags, `--kubeconfig=${stage.cluster.adminKubeconfig}`], {
      PATH: helpers.path,
    });
    expect(allowed.exitCode).to.equal(0);
    expect(allowed.lines.at(-1)).to.match(
      /^ok image: .*: the node would pull .* with docker-credential-company for REGISTRY in registry-auth-secret-\w+, which the service is yet to make$/,
    );
    expect(changesAmong((await stage.cluster.requests()).slice(before))).to.deep.equal([]);
  });

  it('changes nothing in the cluster, whatever it looks at', async () => {
    await stage.putTemplate(porchTemplate);
    const before = (await stage.cluster.requests(runnerUser)).length;
    await stage.look([stage.image, `${stage.registry.authority}/team/absent:v1`]);
    const asked = (await stage.cluster.requests(runnerUser)).slice(before);
    expect(asked.length).to.be.above(5);
    expect(changesAmong(asked)).to.deep.equal([]);
  });
});

/** All but reads, reviews, which are answered and not kept, and what is only tried. */
function changesAmong(requests: readonly ApiRequest[]): readonly ApiRequest[] {
  return requests.filter(({ verb, resource, uri }) => {
    if (['get', 'list', 'watch'].includes(verb)) return false;
    return !(verb === 'create' && (resource.startsWith('selfsubject') || uri.endsWith('?dryRun=All')));
  });
}
