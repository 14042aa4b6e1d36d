import { expect } from 'chai';

import { Keyring } from '../../src/credentials/keyring.ts';
import { caughtFrom } from '../image/caught.ts';
import { base64, firstLogin, keysFor, parseText } from './keyring-with.ts';

const good = { auth: base64('foo:bar') };
const text = (document: unknown): string => JSON.stringify(document);

const readable = [
  { rows: '[C1]', what: 'auths', json: text({ auths: { 'reg.io': good } }), keys: ['reg.io'] },
  { rows: '[C2]', what: 'an empty object', json: '{}', keys: [] },
  { rows: '[C6]', what: 'one byte order mark', json: `\ufeff${text({ auths: { 'reg.io': good } })}`, keys: ['reg.io'] },
  { rows: '[C7]', what: 'auths that are null', json: '{"auths":null}', keys: [] },
  { rows: '[C9]', what: 'Auths', json: text({ Auths: { 'reg.io': good } }), keys: ['reg.io'] },
  { rows: '[C9]', what: 'AUTHS', json: text({ AUTHS: { 'reg.io': good } }), keys: ['reg.io'] },
  {
    rows: '[C10]',
    what: 'auths twice, of which the last one counts',
    json: `{"auths":{"a.io":${text(good)}},"auths":{"b.io":${text(good)}}}`,
    keys: ['b.io'],
  },
  {
    rows: '[C10]',
    what: 'auths in two spellings, merged',
    json: text({ auths: { 'a.io': good }, AUTHS: { 'b.io': { auth: base64('x:y') } } }),
    keys: ['a.io', 'b.io'],
  },
  { rows: '[C14]', what: 'fields that are not credentials', json: '{"auths":{},"HttpHeaders":{"A":"b"}}', keys: [] },
  {
    rows: '[C14]',
    what: 'no auths beside fields that are not credentials',
    json: '{"HttpHeaders":{"A":"b"},"psFormat":"x"}',
    keys: [],
  },
];

const unreadable = [
  { rows: '[C3]', what: 'an empty file', bytes: Buffer.alloc(0), code: 'CFG_JSON' },
  { rows: '[C4]', what: 'a text', bytes: Buffer.from('Json rocks! hunter2'), code: 'CFG_JSON' },
  { rows: '[C4]', what: 'cut-off JSON', bytes: Buffer.from('{"auths":{"hunter2"'), code: 'CFG_JSON' },
  { rows: '[C5]', what: 'trailing text', bytes: Buffer.from('{} hunter2'), code: 'CFG_JSON' },
  { rows: '[C6]', what: 'two byte order marks', bytes: Buffer.from('\ufeff\ufeff{}'), code: 'CFG_JSON' },
  { rows: '[C4]', what: 'what is not UTF-8', bytes: Buffer.from([0x7b, 0xff, 0x7d]), code: 'CFG_JSON' },
  { rows: '[C8]', what: 'auths as a list', bytes: Buffer.from('{"auths":["hunter2"]}'), code: 'CFG_SHAPE' },
  { rows: '[C8]', what: 'auths as a text', bytes: Buffer.from('{"auths":"hunter2"}'), code: 'CFG_SHAPE' },
  { rows: '[C8]', what: 'a list', bytes: Buffer.from('["hunter2"]'), code: 'CFG_SHAPE' },
  { rows: '[C8]', what: 'null', bytes: Buffer.from('null'), code: 'CFG_SHAPE' },
  { rows: '', what: 'more than a secret can hold', bytes: Buffer.alloc(1024 * 1024 + 1, ' '), code: 'CFG_SHAPE' },
];

describe('credentials document', () => {
  for (const { rows, what, json, keys } of readable) {
    it(`${rows} is read with ${what}`, () => {
      expect(parseText(json).keys).to.deep.equal(keys);
    });
  }

  for (const { rows, what, bytes, code } of unreadable) {
    it(`${rows} is refused as ${code} with ${what}, naming the file and never its content`.trim(), () => {
      const error = caughtFrom(() => Keyring.parse(bytes, '/etc/auth/.dockerconfigjson'));
      expect(error.code).to.equal(code);
      expect(error.message).to.include('/etc/auth/.dockerconfigjson');
      expect(error.details.hint).to.include('"auths"');
      expect(`${error.message} ${JSON.stringify(error.details)} ${String(error.cause)}`).to.not.include('hunter2');
    });
  }

  it('[C2] [C7] [P8] means anonymous without credentials', () => {
    expect(firstLogin(parseText('{}'), 'reg.io/x')).to.equal('anonymous');
    expect(firstLogin(Keyring.empty, 'reg.io/x')).to.equal('anonymous');
  });

  it('[C11] lets the last of two equal keys win', () => {
    const json = `{"auths":{"reg.io":{"auth":"${base64('old:pw')}"},"reg.io":{"auth":"${base64('new:pw')}"}}}`;
    expect(firstLogin(parseText(json), 'reg.io/x')).to.equal('new / pw');
  });

  it('[C12] treats __proto__ as a key like any other', () => {
    const json = `{"auths":{"__proto__":{"auth":"${base64('evil:pw')}"},"reg.io":{"auth":"${base64('foo:bar')}"}}}`;
    const keyring = parseText(json);
    expect(keyring.keys).to.include('__proto__');
    expect(keysFor(keyring, 'reg.io/x')).to.deep.equal(['reg.io']);
    expect(Object.hasOwn(Object.prototype, 'auth')).to.equal(false);
  });

  it('[C12] takes no field from __proto__ of an entry', () => {
    const json = `{"auths":{"reg.io":{"__proto__":{"username":"evil","password":"pw"}}}}`;
    expect(firstLogin(parseText(json), 'reg.io/x')).to.equal('anonymous');
  });

  it('[C13] may be a legacy .dockercfg, by its name', () => {
    const keyring = parseText(text({ 'https://reg.io/v1/': good }), '/etc/auth/.dockercfg');
    expect(firstLogin(keyring, 'reg.io/x')).to.equal('foo / bar');
  });

  it('[C13] may be a legacy .dockercfg, by the absence of auths', () => {
    const keyring = parseText(text({ 'reg.io': good, detachKeys: 'ctrl-x' }));
    expect(firstLogin(keyring, 'reg.io/x')).to.equal('foo / bar');
    expect(keyring.keys).to.deep.equal(['reg.io']);
  });

  it('[C13] in a legacy .dockercfg, reports an entry that is no object as broken', () => {
    const keyring = parseText(text({ 'reg.io': 'hunter2' }), '/etc/auth/.dockercfg');
    expect(firstLogin(keyring, 'reg.io/x')).to.deep.equal({ broken: 'is not an object' });
  });

  it('[CH12] takes credential helpers without a warning: what they return reaches the node', () => {
    const document = { auths: {}, credsStore: 'desktop', credHelpers: { 'gcr.io': 'gcloud' } };
    expect(parseText(text(document)).warnings).to.deep.equal([]);
  });
});
