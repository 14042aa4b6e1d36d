import { expect } from 'chai';

import { parseReference, validateImagePrefix } from '../../src/image/reference.ts';
import { caughtFrom } from './caught.ts';
import { hex64 } from './reference-table.ts';

const catalog = 'ghcr.io/kptdev/krm-functions-catalog';

const expansions = [
  { rows: '[KP1]', prefix: '', image: 'set-namespace:v0.1', canonical: 'docker.io/library/set-namespace:v0.1' },
  { rows: '[KP2] [KP17]', prefix: catalog, image: 'set-namespace:v0.1', canonical: `${catalog}/set-namespace:v0.1` },
  { rows: '[KP3]', prefix: catalog, image: 'gcr.io/my-project/my-fn:v1', canonical: 'gcr.io/my-project/my-fn:v1' },
  { rows: '[KP4]', prefix: catalog, image: 'myorg/my-fn:latest', canonical: 'docker.io/myorg/my-fn:latest' },
  {
    rows: '[KP5]',
    prefix: 'my-registry.io/functions/',
    image: 'apply-setters:v0.2',
    canonical: 'my-registry.io/functions/apply-setters:v0.2',
  },
  {
    rows: '[KP6]',
    prefix: 'my-registry.io/functions',
    image: 'apply-setters:v0.2',
    canonical: 'my-registry.io/functions/apply-setters:v0.2',
  },
  { rows: '[KP7]', prefix: catalog, image: 'other.io/org/fn:v1', canonical: 'other.io/org/fn:v1' },
  { rows: '[KP8]', prefix: catalog, image: 'host:5000', canonical: `${catalog}/host:5000` },
  { rows: '[KP9]', prefix: catalog, image: `fn@sha256:${hex64}`, canonical: `${catalog}/fn@sha256:${hex64}` },
  { rows: '[KP17]', prefix: `${catalog}///`, image: hex64, canonical: `${catalog}/${hex64}:latest` },
];

describe('short image name', () => {
  for (const { rows, prefix, image, canonical } of expansions) {
    it(`${rows} ${image} under ${JSON.stringify(prefix)} is ${canonical}`, () => {
      const reference = parseReference(image, { defaultImagePrefix: prefix });
      expect(reference.canonical).to.equal(canonical);
      expect(reference.input).to.equal(image);
    });
  }

  it('[KP10] is refused when empty, before any prefix', () => {
    expect(caughtFrom(() => parseReference('', { defaultImagePrefix: catalog })).code).to.equal('REF_EMPTY');
  });
});

describe('default image prefix', () => {
  const good = [
    '',
    'my-registry.io/org/',
    'localhost:5000/path',
    '192.168.1.100:5000/images/',
    'ghcr.io/org',
    'docker.pkg.github.com/owner/repo/',
  ];
  for (const prefix of good) {
    it(`[KP11] ${JSON.stringify(prefix)} is accepted`, () => {
      expect(validateImagePrefix(prefix)).to.equal(undefined);
    });
  }

  const bad = [
    'https://my-registry.io/org',
    'http://my-registry.io/org',
    'my registry.io/org',
    'my-registry.io/\torg',
    '/',
    '/just/a/path/',
    '://bad',
    'my-registry.io/#org',
    'my-registry.io/org?',
    '#',
    '?',
  ];
  for (const prefix of bad) {
    it(`[KP12] [KP17] ${JSON.stringify(prefix)} is refused with a reason`, () => {
      expect(validateImagePrefix(prefix)).to.be.a('string').that.is.not.equal('');
    });
  }
});
