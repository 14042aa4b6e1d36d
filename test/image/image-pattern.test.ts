import { expect } from 'chai';

import { ImagePattern } from '../../src/image/image-pattern.ts';
import { parseReference } from '../../src/image/reference.ts';

interface PatternCase {
  readonly pattern: string;
  readonly yes: readonly string[];
  readonly no: readonly string[];
}

const hub = [
  'nginx',
  'docker.io/library/nginx',
  'index.docker.io/library/nginx',
  'registry-1.docker.io/library/nginx',
  'registry.hub.docker.com/library/nginx',
];

const cases: readonly PatternCase[] = [
  {
    pattern: 'ghcr.io',
    yes: ['ghcr.io/a', 'ghcr.io/a/b/c:v1'],
    no: ['ghcr.io:5000/a', 'a.ghcr.io/a', 'ghcr.io.evil/a'],
  },
  { pattern: 'GHCR.io', yes: ['ghcr.io/a', 'GHCR.IO/a'], no: ['quay.io/a'] },
  { pattern: 'reg.io:5000', yes: ['reg.io:5000/a'], no: ['reg.io/a', 'reg.io:5001/a', 'reg.io:50000/a'] },
  { pattern: 'reg.io:443', yes: ['reg.io:443/a'], no: ['reg.io/a', 'reg.io:80/a'] },
  { pattern: '127.0.0.1:5000', yes: ['127.0.0.1:5000/a'], no: ['127.0.0.2:5000/a'] },
  { pattern: '[::1]:5000', yes: ['[0:0:0:0:0:0:0:1]:5000/a'], no: ['[::2]:5000/a', '[::1]/a'] },
  { pattern: '*.example.com', yes: ['a.example.com/x'], no: ['example.com/x', 'a.b.example.com/x', 'aexample.com/x'] },
  { pattern: 'reg-[12].example.com', yes: ['reg-1.example.com/x'], no: ['reg-12.example.com/x'] },
  {
    pattern: 'ghcr.io/team',
    yes: ['ghcr.io/team', 'ghcr.io/team/fn', `ghcr.io/team/a/b@sha256:${'0'.repeat(64)}`],
    no: ['ghcr.io/teammate/fn', 'ghcr.io/other/team/fn', 'ghcr.io/tea/fn'],
  },
  { pattern: 'ghcr.io/team/', yes: ['ghcr.io/team/fn'], no: ['ghcr.io/teammate/fn'] },
  {
    pattern: 'ghcr.io/*/functions',
    yes: ['ghcr.io/a/functions/x'],
    no: ['ghcr.io/a/b/functions', 'ghcr.io/functions'],
  },
  { pattern: 'ghcr.io/team-*', yes: ['ghcr.io/team-a/fn'], no: ['ghcr.io/team/fn'] },
  { pattern: '*.io/team', yes: ['ghcr.io/team/fn', 'docker.io/team/fn'], no: ['docker.io/library/team'] },
  ...['docker.io', 'index.docker.io', 'registry-1.docker.io', '*.docker.io', 'docker.io/library'].map((pattern) => ({
    pattern,
    yes: hub,
    no: ['docker.io:443/library/nginx', 'docker.example/library/nginx'],
  })),
  { pattern: 'docker.io/library/nginx', yes: hub, no: ['docker.io/library/redis', 'nginx/nginx'] },
];

const faults: readonly (readonly [string, RegExp])[] = [
  ['https://ghcr.io', /has a scheme/],
  ['user:secret@ghcr.io', /has an @/],
  ['ghcr.io/fn@sha256:00', /has an @/],
  ['*', /only hosts without a dot/],
  ['team', /names no registry/],
  ['library/nginx', /names no registry/],
  ['', /names no registry/],
  ['/team', /names no registry/],
  ['ghcr.io:http', /no port/],
  ['ghcr.io:', /no port/],
  ['ghcr.io:0', /no port/],
  ['ghcr.io:70000', /no port/],
  ['ghcr.io:*', /no port/],
  ['::1', /has no host/],
  ['g hcr.io', /has no host/],
  ['gh[.io', /has no host/],
  ['10.0.0.0/8:', /has a path/],
  ['ghcr.io/fn:v1', /has a path/],
  ['ghcr.io/Team', /has a path/],
  ['ghcr.io//team', /has a path/],
  ['ghcr.io/[', /has a path/],
];

describe('a pattern of images', () => {
  for (const { pattern, yes, no } of cases) {
    it(`${pattern} is for ${yes.join(', ')} and not for ${no.join(', ')}`, () => {
      const parsed = parse(pattern);
      for (const image of yes) expect(parsed.matches(parseReference(image)), image).to.equal(true);
      for (const image of no) expect(parsed.matches(parseReference(image)), image).to.equal(false);
    });
  }

  for (const [text, fault] of faults) {
    it(`is not ${JSON.stringify(text)}`, () => {
      expect(ImagePattern.parse(text)).to.have.property('fault').that.matches(fault).and.includes('host[:port][/path]');
    });
  }
});

function parse(text: string): ImagePattern {
  const parsed = ImagePattern.parse(text);
  if ('fault' in parsed) throw new Error(parsed.fault);
  return parsed;
}
