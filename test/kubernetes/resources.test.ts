import { expect } from 'chai';
import { inspect } from 'node:util';
import { configMaps, pods, podTemplates, secrets } from '../../src/kubernetes/resources.ts';

const applied = 'kubectl.kubernetes.io/last-applied-configuration';

describe('Resources', () => {
  it('read a pod that has nothing but a name', () => {
    const pod = pods('n').parse({ metadata: { name: 'one' } });
    expect(pod.status).to.deep.equal({
      phase: 'Pending',
      reason: '',
      message: '',
      podIp: '',
      conditions: [],
      initContainers: [],
      containers: [],
    });
    expect(pod.metadata).to.deep.include({ name: 'one', labels: {}, createdMs: 0, deletionMs: undefined });
  });

  const states: readonly (readonly [object, object])[] = [
    [{}, { kind: 'unknown' }],
    [{ waiting: {} }, { kind: 'waiting', reason: '', message: '' }],
    [{ waiting: { reason: 'ErrImagePull', message: 'm' } }, { kind: 'waiting', reason: 'ErrImagePull', message: 'm' }],
    [{ running: { startedAt: '1970-01-01T00:00:01Z' } }, { kind: 'running', startedMs: 1000 }],
    [
      { terminated: { exitCode: 137, reason: 'OOMKilled' } },
      { kind: 'terminated', exitCode: 137, reason: 'OOMKilled', message: '' },
    ],
  ];
  for (const [state, expected] of states) {
    it(`read the container state ${JSON.stringify(state)}`, () => {
      const status = {
        phase: 'Running',
        containerStatuses: [{ name: 'function', ready: true, restartCount: 2, state }],
      };
      const [container] = pods('n').parse({ metadata: { name: 'one' }, status }).status.containers;
      expect(container).to.deep.equal({
        name: 'function',
        ready: true,
        restartCount: 2,
        state: expected,
        lastState: { kind: 'unknown' },
      });
    });
  }

  it('keep what a Secret holds out of everything that may be printed', () => {
    const hidden = Buffer.from('hidden-value').toString('base64');
    const raw = {
      metadata: { name: 'one', annotations: { [applied]: `{"data":{"a":"${hidden}"}}`, kept: 'yes' } },
      type: 'Opaque',
      data: { a: hidden, odd: 5 },
    };
    const secret = secrets('n').parse(raw);
    expect(Object.keys(secret.data)).to.deep.equal(['a']);
    expect(secret.data['a']?.reveal().toString()).to.equal('hidden-value');
    expect(secret.metadata.annotations).to.deep.equal({ kept: 'yes' });
    for (const shown of [JSON.stringify(secret), inspect(secret, { depth: 9 })]) {
      expect(shown).to.not.include(hidden).and.not.include('hidden-value');
    }
  });

  it('are where the API has them', () => {
    expect([pods('a'), secrets('a'), configMaps('a'), podTemplates('a/b')].map(({ path }) => path)).to.deep.equal([
      '/api/v1/namespaces/a/pods',
      '/api/v1/namespaces/a/secrets',
      '/api/v1/namespaces/a/configmaps',
      '/api/v1/namespaces/a%2Fb/podtemplates',
    ]);
  });
});
