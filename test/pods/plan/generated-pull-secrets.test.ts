import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { Secret } from '../../../src/core/secret.ts';
import type { CallerLogin } from '../../../src/credentials/caller.ts';
import type { Candidate, Login } from '../../../src/credentials/candidate.ts';
import { runKeys } from '../../../src/credentials/run-keys.ts';
import { parseReference } from '../../../src/image/reference.ts';
import { RunRegistries } from '../../../src/image/run-registries.ts';
import { issuedName } from '../../../src/kubernetes/pull-secret/generated/generated-names.ts';
import { IssuedLogins } from '../../../src/kubernetes/pull-secret/generated/issued-logins.ts';
import { GeneratedPullSecrets } from '../../../src/pods/plan/generated-pull-secrets.ts';
import type { ChosenSecrets, PulledPod } from '../../../src/pods/plan/pod-pull-secrets.ts';

const base = 'auth-secret';
const image = 'cloud.io:5000/team/fn:v1';
const wrapper = 'cloud.io:5000/porch/wrapper:v1';
const runs = RunRegistries.parse(['cloud.io:5000=localhost:32000']);
const signal = new AbortController().signal;
const basic = (username: string, password: string): Login => ({
  kind: 'basic',
  username,
  password: new Secret(password),
});

/** Programs and a cluster, in memory. */
class Stage {
  candidates: Candidate[] = [];
  readonly asked: string[] = [];
  readonly ensured: string[] = [];
  readonly secrets: GeneratedPullSecrets;
  key = new Secret(Buffer.alloc(32, 1));
  /** Whether each was ensured because of a refusal. */
  readonly refused: (boolean | undefined)[] = [];
  loaded = 0;
  version = 1;

  constructor() {
    const alsoUnder = (server: string): readonly string[] => runKeys(server, runs.pairs);
    const lookup = async ({ domain, path }: { domain: string; path: string }) => {
      this.asked.push(`${domain}/${path}`);
      return Promise.resolve({ candidates: this.candidates, warnings: [] });
    };
    this.secrets = new GeneratedPullSecrets({
      issued: new IssuedLogins({ credentials: { lookup }, name: base, alsoUnder }),
      name: base,
      alsoUnder,
      toResolve: (reference) => runs.toResolve(reference),
      load: async () => {
        this.loaded += 1;
        return Promise.resolve({
          callerKey: { get: async () => Promise.resolve(this.key) },
          secrets: {
            ensureIssued: async ({ scope, servers }, _image, _signal, isRefused) => {
              this.refused.push(isRefused);
              this.ensured.push(`${scope}: ${servers.join(' ')}`);
              return Promise.resolve();
            },
            ensureCaller: async (name, servers) => {
              this.ensured.push(`${name}: ${servers.join(' ')}`);
              return Promise.resolve();
            },
            versionOf: () => String(this.version),
          },
        });
      },
    });
  }

  gives(login: Login, scope = 'helper vault cloud.io:5000', refused: () => void = () => undefined): void {
    const issued = { scope, server: 'cloud.io:5000', expiresAtMs: undefined, refused };
    this.candidates.push({ kind: 'login', key: 'docker-credential-vault', login, fingerprint: 'f', issued });
  }

  async choose(caller?: CallerLogin): Promise<ChosenSecrets> {
    return this.secrets.choose(podOf(caller));
  }
}

function podOf(caller?: CallerLogin): PulledPod {
  const reference = parseReference(image);
  return { reference, images: [runs.toRun(reference), parseReference(wrapper)], serviceAccount: 'default', caller };
}

function callerOf(username: string, password: string): CallerLogin {
  return { login: { kind: 'basic', username, password: new Secret(password) }, server: undefined };
}

describe('what pods are given of programs and callers', () => {
  let stage: Stage;

  beforeEach(() => {
    stage = new Stage();
  });

  it('is nothing where there are none, and nothing is loaded for that', async () => {
    stage.candidates.push({ kind: 'login', key: 'cloud.io', login: basic('a', 'b'), fingerprint: 'f' });
    expect(await stage.choose()).to.deep.equal({ names: [], scopeKey: '', warnings: [] });
    await stage.secrets.ensure(podOf(), signal);
    expect(stage.loaded).to.equal(0);
  });

  it('is a secret for what a program gives, the same while only the login changes', async () => {
    stage.gives(basic('AWS', 'one'));
    const first = await stage.choose();
    stage.candidates = [];
    stage.gives(basic('AWS', 'two'));
    expect(await stage.choose()).to.deep.equal(first);
    expect(new Set(first.names)).to.deep.equal(new Set([issuedName(base, 'helper vault cloud.io:5000')]));
    expect(stage.loaded, 'requests are for pods that are created').to.equal(0);
  });

  it('is looked up under the name that we know images by, and stands under the address of nodes, too', async () => {
    stage.gives(basic('AWS', 'one'));
    await stage.secrets.ensure(podOf(), signal);
    expect(stage.asked).to.deep.equal(['cloud.io:5000/team/fn', 'cloud.io:5000/porch/wrapper']);
    expect(new Set(stage.ensured)).to.deep.equal(
      new Set(['helper vault cloud.io:5000: cloud.io:5000 localhost:32000']),
    );
  });

  it('stays the same while a program fails', async () => {
    stage.gives(basic('AWS', 'one'));
    const { names } = await stage.choose();
    stage.candidates = [{ kind: 'broken', key: 'docker-credential-vault', reason: 'it is locked' }];
    expect((await stage.choose()).names).to.deep.equal(names);
    stage.candidates = [];
    expect((await stage.choose()).names).to.deep.equal([]);
  });

  for (const [login, reason] of [
    [{ kind: 'identity-token', token: new Secret('t'), fallback: undefined }, 'an identity token'],
    [{ kind: 'registry-token', token: new Secret('t') }, 'a registry token'],
  ] as const) {
    it(`is a warning where ${reason} is all that there is`, async () => {
      stage.gives(login);
      const { names, warnings } = await stage.choose();
      expect(names).to.deep.equal([]);
      expect(warnings[0]).to.equal(
        `cloud.io:5000/team/fn: the node has no credentials that it can use: docker-credential-vault: ${reason}, which the kubelet does not use`,
      );
      stage.candidates.push({ kind: 'login', key: 'cloud.io', login: basic('a', 'b'), fingerprint: 'g' });
      expect((await stage.choose()).warnings).to.deep.equal([]);
    });

    it(`is a warning for a caller with ${reason}`, async () => {
      const chosen = await stage.choose({ login, server: undefined });
      expect(chosen.names).to.deep.equal([]);
      expect(chosen.callerKey).to.match(/^[0-9a-f]{32}$/);
      expect(chosen.warnings).to.deep.equal([
        `the node cannot use the credentials of the call: ${reason}, which the kubelet does not use`,
      ]);
    });
  }

  it('is the user and password beside an identity token, which the kubelet does use', async () => {
    stage.gives({
      kind: 'identity-token',
      token: new Secret('t'),
      fallback: { username: 'a', password: new Secret('b') },
    });
    expect(new Set((await stage.choose()).names).size).to.equal(1);
  });

  it("is a secret of a caller's own, beside those for the other images", async () => {
    stage.gives(basic('AWS', 'one'));
    const ada = await stage.choose(callerOf('ada', 'love'));
    const [name = '', ...others] = ada.names;
    expect(name).to.match(/^auth-secret-[0-9a-f]{32}$/);
    expect(others).to.deep.equal([issuedName(base, 'helper vault cloud.io:5000')]);
    expect(stage.asked, 'for the function the caller alone counts').to.deep.equal(['cloud.io:5000/porch/wrapper']);
    expect(ada.scopeKey).to.equal(ada.callerKey);
    await stage.secrets.ensure(podOf(callerOf('ada', 'love')), signal);
    expect(stage.ensured).to.include(`${name}: cloud.io:5000 localhost:32000`);
  });

  it('tells callers apart by all parts of their logins, and by a secret key alone', async () => {
    const keys = new Set<string>();
    for (const caller of [
      callerOf('ada', 'love'),
      callerOf('ada', 'lov'),
      callerOf('adal', 'ove'),
      callerOf('ad', 'alove'),
    ]) {
      keys.add((await stage.choose(caller)).scopeKey);
    }
    expect(keys.size).to.equal(4);
    const again = (await stage.choose(callerOf('ada', 'love'))).scopeKey;
    expect(keys.has(again)).to.equal(true);
    stage.key = new Secret(Buffer.alloc(32, 2));
    expect(keys.has((await stage.choose(callerOf('ada', 'love'))).scopeKey)).to.equal(false);
    for (const text of ['ada:love', 'love', 'basicadalove', '5:basic3:ada4:love']) {
      const bare = createHash('sha256').update(text).digest('hex');
      expect(keys.has(bare.slice(0, 32))).to.equal(false);
    }
  });

  it('is asked for again when a node was refused, and told to be other only then', async () => {
    let refusals = 0;
    stage.gives(basic('AWS', 'one'), 'helper vault cloud.io:5000', () => {
      refusals += 1;
    });
    const pod = podOf();
    expect(await stage.secrets.renew(pod, signal), 'of a pod that we did not make').to.equal(false);
    await stage.secrets.ensure(pod, signal);
    expect(await stage.secrets.renew(pod, signal)).to.equal(false);
    expect(refusals).to.equal(2);
    expect(stage.refused).to.deep.equal([false, false, true, true]);
    stage.version = 2;
    expect(await stage.secrets.renew(pod, signal)).to.equal(true);
  });
});
