import { expect } from 'chai';
import { applyOverrides } from '../../../src/pods/plan/overrides.ts';
import { inlineVersion, userVersion } from './planner-with.ts';
import { porchTemplate } from './porch-template.ts';
import { containerOf } from './spec-of.ts';
import { jsonAt } from '../../support/json-at.ts';

const inline = inlineVersion.template.spec;
const porch = userVersion(porchTemplate).template.spec;

describe("a FunctionConfig's overrides of the pod template", () => {
  it('change nothing where they say nothing', () => {
    expect(applyOverrides(inline, {}, true)).to.deep.equal(inline);
  });

  it('merge resources member by member', () => {
    const container = { resources: { requests: { memory: '1Gi' }, limits: { memory: '2Gi' } } };
    expect(containerOf(applyOverrides(inline, { container }, true), 'function')['resources']).to.deep.equal({
      requests: { cpu: '50m', memory: '1Gi' },
      limits: { memory: '2Gi' },
    });
  });

  it('merge variables by name, each replaced whole, and replace other lists', () => {
    const ref = { name: 'OTEL_TRACES_EXPORTER', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } };
    const container = { env: [{ name: 'NEW', value: 'x' }, ref], envFrom: [{ configMapRef: { name: 'c' } }] };
    const run = containerOf(applyOverrides(porch, { container }, false), 'function');
    expect(run['env']).to.deep.equal([ref, { name: 'NEW', value: 'x' }]);
    expect(run['envFrom']).to.deep.equal([{ configMapRef: { name: 'c' } }]);
  });

  it('reach the first init container alone', () => {
    const second = { name: 'second', image: 'x' };
    const spec = { ...porch, initContainers: [porch.initContainers[0], second] as const };
    const changed = applyOverrides(spec, { initContainer: { env: [{ name: 'A', value: '1' }] } }, false);
    expect(jsonAt(changed, 'initContainers', 0, 'env')).to.deep.equal([{ name: 'A', value: '1' }]);
    expect(jsonAt(changed, 'initContainers', 1)).to.deep.equal(second);
  });

  it('cannot rename the container', () => {
    const spec = applyOverrides(porch, { container: { name: 'other' } }, false);
    expect(containerOf(spec, 'function')).not.to.deep.equal({});
  });

  it("merge the pod's security context, and null takes a member out", () => {
    const securityContext = { runAsUser: 1000, seccompProfile: null };
    const spec = applyOverrides(inline, { securityContext }, true);
    expect(spec['securityContext']).to.deep.equal({ runAsUser: 1000 });
  });

  it("give a named service account's token to the pod where the template is ours, else the template decides", () => {
    const overrides = { serviceAccountName: 'reader' };
    const ours = applyOverrides(inline, overrides, true);
    expect(ours['serviceAccountName']).to.equal('reader');
    expect(ours).not.to.have.property('automountServiceAccountToken');
    const theirs = applyOverrides({ ...porch, automountServiceAccountToken: false }, overrides, false);
    expect(theirs['automountServiceAccountToken']).to.equal(false);
  });
});
