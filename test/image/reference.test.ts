import { expect } from 'chai';

import { parseReference, pullScope } from '../../src/image/reference.ts';
import { caughtFrom } from './caught.ts';
import { invalidRows } from './invalid-reference-table.ts';
import { hex64, normalisationRows } from './reference-table.ts';

const shown = (text: string): string => (text.length > 90 ? `${text.slice(0, 90)}…` : text);

describe('image reference', () => {
  for (const { rows, input, domain, path, version } of normalisationRows) {
    it(`${rows} ${shown(input)} means ${shown(`${domain}/${path}${version}`)}`, () => {
      const reference = parseReference(input);
      expect(reference.domain).to.equal(domain);
      expect(reference.path).to.equal(path);
      expect(reference.target).to.equal(version.slice(1));
      expect(reference.input).to.equal(input);
    });
  }

  for (const { rows, code, inputs } of invalidRows) {
    for (const input of inputs) {
      it(`${rows} [I37] ${JSON.stringify(shown(input))} is refused as ${code}`, () => {
        const error = caughtFrom(() => parseReference(input));
        expect(error.code).to.equal(code);
        expect(error.message).to.match(/^image reference "/);
        expect(error.details.hint).to.match(/\.$/);
      });
    }
  }

  it('[A1] joins path parts by one dot, one or two underscores, or hyphens', () => {
    for (const path of ['a.b', 'a_b', 'a__b', 'a-b', 'a-----b', '0.1_2__3-4']) {
      expect(parseReference(`example.com/${path}`).path).to.equal(path);
    }
  });

  it('[A2] [A3] takes one-letter labels and inner hyphens in a host', () => {
    expect(parseReference('a.b-c.d/x').domain).to.equal('a.b-c.d');
  });

  it('[A3] [J6] writes an IPv6 host in its one short form', () => {
    expect(parseReference('[2001:DB8:0:0:0:0:0:1]:5000/x').domain).to.equal('[2001:db8::1]:5000');
  });

  it('[A11] [H4] never counts the host as part of the repository', () => {
    const reference = parseReference('registry.example.com:5000/team/app:v1');
    expect(reference.path).to.equal('team/app');
    expect(pullScope(reference)).to.equal('repository:team/app:pull');
  });

  it('[J6] keeps the port that a URL would leave out', () => {
    expect(parseReference('example.com:443/x').domain).to.equal('example.com:443');
    expect(parseReference('example.com:80/x').domain).to.equal('example.com:80');
  });

  it('[D2] [X4] keeps the tag beside a digest for messages only', () => {
    const reference = parseReference(`busybox:1.36@sha256:${hex64}`);
    expect(reference.tag).to.equal('1.36');
    expect(reference.target).to.equal(`sha256:${hex64}`);
    expect(reference.canonical).to.equal(`docker.io/library/busybox@sha256:${hex64}`);
  });

  it('has no tag where a digest alone was given', () => {
    expect(parseReference(`busybox@sha256:${hex64}`).tag).to.equal(undefined);
  });

  it('keeps a host that only its upper case tells from an organisation, in the canonical form too', () => {
    const { canonical } = parseReference('Registry/app');
    expect(canonical).to.equal('REGISTRY/app:latest');
    expect(parseReference(canonical).domain).to.equal('registry');
  });

  it('names the scheme as what to remove', () => {
    expect(caughtFrom(() => parseReference('https://ghcr.io/org/app')).details.hint).to.match(/Remove the scheme/);
  });
});

describe('host that is asked for an image', () => {
  const hosts = [
    { rows: '[H1] [H2]', input: 'nginx', apiHost: 'registry-1.docker.io' },
    { rows: '[H1] [H2]', input: 'index.docker.io/library/nginx', apiHost: 'registry-1.docker.io' },
    { rows: '[H3]', input: 'registry-1.docker.io/library/nginx', apiHost: 'registry-1.docker.io' },
    { rows: '[H3]', input: 'GHCR.io/org/app', apiHost: 'ghcr.io' },
    { rows: '[H3]', input: '[::1]:5000/app', apiHost: '[::1]:5000' },
    { rows: '[H3] [N12]', input: 'docker.io:443/library/nginx', apiHost: 'docker.io:443' },
  ];
  for (const { rows, input, apiHost } of hosts) {
    it(`${rows} of ${input} is ${apiHost}`, () => {
      expect(parseReference(input).apiHost).to.equal(apiHost);
    });
  }

  it('[H4] asks for the scope repository:library/nginx:pull for nginx', () => {
    expect(pullScope(parseReference('nginx'))).to.equal('repository:library/nginx:pull');
  });
});
