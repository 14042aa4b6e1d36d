import { expect } from 'chai';

import { keyringWith, keysFor } from './keyring-with.ts';

interface HubRow {
  readonly rows: string;
  readonly key: string;
  readonly yes: readonly string[];
  readonly no?: readonly string[];
}

const spellings = ['ubuntu', 'docker.io/ubuntu', 'index.docker.io/ubuntu', 'registry-1.docker.io/library/ubuntu'];

const hubRows: readonly HubRow[] = [
  { rows: '[HB1] [HB10] [H5]', key: 'https://index.docker.io/v1/', yes: spellings },
  { rows: '[HB1] [HB10] [H5]', key: 'https://index.docker.io/v1', yes: spellings },
  { rows: '[HB2] [HB10] [H5]', key: 'index.docker.io', yes: [...spellings, 'knative/serving'] },
  { rows: '[HB3] [HB10] [H5]', key: 'docker.io', yes: spellings },
  { rows: '[HB10] [X3]', key: 'registry-1.docker.io', yes: spellings },
  { rows: '[HB4]', key: 'https://index.docker.io', yes: ['google/docker-registry'] },
  { rows: '[HB5]', key: 'https://index.docker.io', yes: ['jenkins'] },
  {
    rows: '[HB6] [HB7]',
    key: 'https://index.docker.io',
    yes: ['index.docker.io/google/docker-registry'],
    no: ['world.mesos.org/foo/bar'],
  },
  {
    rows: '[HB8]',
    key: 'docker.io',
    yes: ['foo', 'foo/bar', 'docker.io/foo/bar', 'index.docker.io/foo/bar'],
    no: ['registry.tld/foo/bar', 'registry:5000/foo/bar', 'myhostdocker.io/foo/bar', 'docker.io:443/foo/bar'],
  },
  { rows: '[HB10]', key: 'docker.io/myorg', yes: ['myorg/app', 'index.docker.io/myorg/app'], no: ['other/app'] },
  { rows: '[HB10]', key: 'docker.*', yes: ['ubuntu'], no: ['registry-1.docker.io/ubuntu'] },
];

describe('credentials of Docker Hub', () => {
  for (const { rows, key, yes, no = [] } of hubRows) {
    it(`${rows} under ${key} are for ${yes.join(', ')}${no.length > 0 ? ` and not for ${no.join(', ')}` : ''}`, () => {
      const keyring = keyringWith(key);
      for (const image of yes) expect(keysFor(keyring, image), image).to.deep.equal([key]);
      for (const image of no) expect(keysFor(keyring, image), image).to.deep.equal(['anonymous']);
    });
  }

  it('[HB9] [HB10] are one set under all its names, in the order of the file', () => {
    const keyring = keyringWith('index.docker.io', 'docker.io', 'https://index.docker.io/v1/');
    expect(keysFor(keyring, 'ubuntu')).to.deep.equal(['index.docker.io', 'docker.io', 'https://index.docker.io/v1/']);
  });
});
