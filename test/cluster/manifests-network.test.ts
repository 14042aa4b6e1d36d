import { expect } from 'chai';
import { ofKind, renderedManifests } from '../support/cluster/rendered-manifests.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';

/** Who is at one end of a connection; `world` is no pod. */
interface Peer {
  readonly namespace: string;
  readonly namespaceLabels?: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

const runner: Peer = { namespace: 'porch-system', labels: { app: 'function-runner' } };
const porchServer: Peer = { namespace: 'porch-system', labels: { app: 'porch-server' } };
const functionPod: Peer = { namespace: 'porch-fn-system', labels: { 'fn.kpt.dev/image': 'a' } };
const reaching: Peer = { namespace: 'porch-fn-system', labels: { 'fn.kpt.dev/egress': 'allowed' } };
const stranger: Peer = { namespace: 'default', labels: { app: 'function-runner' } };
const prometheus: Peer = { namespace: 'monitoring', namespaceLabels: { metrics: 'enabled' }, labels: {} };
const world = 'world';

const cases: readonly (readonly [
  from: string,
  to: string,
  Peer,
  Peer | typeof world,
  port: number | string,
  boolean,
])[] = [
  ['the service', 'a function pod', runner, functionPod, 9446, true],
  ['the service', 'another port of a function pod', runner, functionPod, 80, false],
  ['porch-server', 'a function pod', porchServer, functionPod, 9446, false],
  ['a pod elsewhere that calls itself the service', 'a function pod', stranger, functionPod, 9446, false],
  ['a function pod', 'another function pod', functionPod, functionPod, 9446, false],
  ['a function pod with egress', 'another function pod', reaching, functionPod, 9446, false],
  ['a function pod', 'the world', functionPod, world, 443, false],
  ['a function pod with egress', 'the world', reaching, world, 443, true],
  ['porch-server', 'the service', porchServer, runner, 'grpc', true],
  ['a function pod with egress', 'the service', reaching, runner, 'grpc', false],
  ['a pod elsewhere', 'the service', stranger, runner, 'grpc', false],
  ['Prometheus', "the service's metrics", prometheus, runner, 'metrics', true],
  ['Prometheus', "the service's calls", prometheus, runner, 'grpc', false],
  ['the service', 'the world', runner, world, 443, true],
];

describe('the network policies of manifests/pods', () => {
  requires('cluster');
  let policies: readonly unknown[];

  before(async () => {
    policies = ofKind(await renderedManifests('manifests/pods'), 'NetworkPolicy');
  });

  for (const [fromName, toName, from, to, port, expected] of cases) {
    it(`${expected ? 'let' : 'do not let'} ${fromName} reach ${toName}`, () => {
      const leaves = passes('Egress', from, to, port);
      const arrives = to === world || passes('Ingress', to, from, port);
      expect(leaves && arrives).to.equal(expected);
    });
  }

  /** Networking v1: a pod that some policy of the direction selects may do only what one of them allows. */
  function passes(
    direction: 'Ingress' | 'Egress',
    pod: Peer,
    other: Peer | typeof world,
    port: number | string,
  ): boolean {
    const selecting = policies.filter(
      (policy) =>
        jsonAt(policy, 'metadata', 'namespace') === pod.namespace &&
        jsonList(policy, 'spec', 'policyTypes').includes(direction) &&
        selects(jsonAt(policy, 'spec', 'podSelector'), pod.labels),
    );
    if (selecting.length === 0) return true;
    const [rules, peers] = direction === 'Ingress' ? ['ingress', 'from'] : ['egress', 'to'];
    return selecting.some((policy) =>
      jsonList(policy, 'spec', rules).some(
        (rule) =>
          (jsonAt(rule, peers) === undefined ||
            jsonList(rule, peers).some((peer) => isPeer(peer, other, pod.namespace))) &&
          (jsonAt(rule, 'ports') === undefined || jsonList(rule, 'ports').some((row) => jsonAt(row, 'port') === port)),
      ),
    );
  }
});

function isPeer(row: unknown, peer: Peer | typeof world, policyNamespace: string): boolean {
  if (peer === world) return false;
  const namespaceSelector = jsonAt(row, 'namespaceSelector');
  const labels = { 'kubernetes.io/metadata.name': peer.namespace, ...peer.namespaceLabels };
  const namespaceFits =
    namespaceSelector === undefined ? peer.namespace === policyNamespace : selects(namespaceSelector, labels);
  return namespaceFits && selects(jsonAt(row, 'podSelector') ?? {}, peer.labels);
}

/** The manifests use `matchLabels` only; any other selector fails the test. */
function selects(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  if (jsonAt(selector, 'matchExpressions') !== undefined) throw new Error('matchExpressions are not understood here');
  const wanted = jsonAt(selector, 'matchLabels') ?? {};
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
