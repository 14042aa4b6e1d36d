import { expect } from 'chai';
import { matchesPattern, parseProviderPattern } from '../../../src/credentials/provider/provider-pattern.ts';
import { parseReference } from '../../../src/image/reference.ts';

interface Row {
  readonly pattern: string;
  readonly yes: readonly string[];
  readonly no: readonly string[];
}

const rows: readonly Row[] = [
  { pattern: 'gcr.io', yes: ['gcr.io/p/fn', 'gcr.io/fn:v1'], no: ['eu.gcr.io/p/fn', 'gcr.io:443/p/fn', 'xgcr.io/p'] },
  { pattern: '*.azurecr.io', yes: ['team.azurecr.io/fn'], no: ['azurecr.io/fn', 'a.team.azurecr.io/fn'] },
  { pattern: '*.io', yes: ['quay.io/fn'], no: ['a.k8s.io/fn'] },
  { pattern: 'k8s.*', yes: ['k8s.io/fn', 'k8s.dev/fn'], no: ['k8s.gcr.io/fn'] },
  { pattern: 'app*.k8s.io', yes: ['app.k8s.io/fn', 'app2.k8s.io/fn'], no: ['web.k8s.io/fn'] },
  {
    pattern: '*.dkr.ecr.*.amazonaws.com',
    yes: ['123.dkr.ecr.eu-west-1.amazonaws.com/fn'],
    no: ['123.dkr.ecr.amazonaws.com/fn'],
  },
  {
    pattern: 'reg.io:8080/path',
    yes: ['reg.io:8080/path/fn', 'reg.io:8080/pathology'],
    no: ['reg.io/path/fn', 'reg.io:8080/p'],
  },
  { pattern: 'reg.io:80*', yes: [], no: ['reg.io:8080/fn'] },
  { pattern: 'docker.io', yes: ['nginx', 'team/fn', 'index.docker.io/team/fn'], no: ['registry-1.docker.io/team/fn'] },
  { pattern: 'docker.io/library', yes: ['nginx'], no: ['team/fn'] },
  { pattern: 'index.docker.io', yes: [], no: ['nginx'] },
  { pattern: '[::1]:5000', yes: ['[::1]:5000/fn'], no: ['[::2]:5000/fn', '[::1]:5001/fn'] },
  { pattern: 'localhost', yes: ['localhost/fn'], no: ['localhost:5000/fn'] },
  { pattern: '127.0.0.*:5000', yes: ['127.0.0.1:5000/fn'], no: ['127.0.0.1:5001/fn'] },
];

describe('a pattern of matchImages', () => {
  for (const { pattern: text, yes, no } of rows) {
    it(`${text} is for ${yes.join(', ') || 'nothing here'}, and not for ${no.join(', ')}`, () => {
      const pattern = parseProviderPattern(text);
      if (pattern === undefined) {
        expect(yes).to.deep.equal([]);
        return;
      }
      for (const image of yes) expect(matchesPattern(pattern, parseReference(image)), image).to.equal(true);
      for (const image of no) expect(matchesPattern(pattern, parseReference(image)), image).to.equal(false);
    });
  }
});
