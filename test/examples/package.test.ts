import { resolve } from 'node:path';
import { expect } from 'chai';
import { fromResourceList, readPackage, toResourceList } from '../../examples/quickstart/package-files.ts';
import { ResourceList } from '../../examples/set-namespace/resource-list.ts';
import { run } from '../../examples/set-namespace/run.ts';

const folder = resolve('examples/package');
const expected = resolve('examples/package-expected');

describe('a package as a ResourceList', () => {
  it('comes back as the files it was, comments and all', async () => {
    const files = await readPackage(folder);
    expect(Object.fromEntries(fromResourceList(toResourceList(files, {})).files)).to.deep.equal(
      Object.fromEntries(files),
    );
  });

  it('carries its functionConfig, and each resource its file and place in it', async () => {
    const list = new ResourceList(toResourceList(await readPackage(folder), { namespace: 'prod' }));
    expect(list.functionConfig?.text(['data', 'namespace'])).to.equal('prod');
    const places = list.items.map((item) => {
      const place = (name: string): string => item.annotation(`internal.config.kubernetes.io/${name}`) ?? '';
      return `${item.kind} ${place('path')} ${place('index')}`;
    });
    expect(places).to.deep.equal([
      'Kptfile Kptfile 0',
      'ServiceAccount access.yaml 0',
      'RoleBinding access.yaml 1',
      'ClusterRole access.yaml 2',
      'ClusterRoleBinding access.yaml 3',
      'ConfigMap configmap.yaml 0',
      'Deployment deployment.yaml 0',
      'Namespace namespace.yaml 0',
      'Service service.yaml 0',
    ]);
  });
});

describe('examples/package-expected', () => {
  it('is what set-namespace makes of examples/package', async () => {
    const list = new ResourceList(toResourceList(await readPackage(folder), { namespace: 'prod' }));
    list.report(run(list));
    const answer = fromResourceList(list.toString());
    expect(Object.fromEntries(answer.files)).to.deep.equal(Object.fromEntries(await readPackage(expected)));
    expect(answer.messages).to.deep.equal([
      'namespace "prod" set in 7 fields and 1 depends-on annotation (before: default, guestbook-dev)',
    ]);
  });
});
