import { expect } from 'chai';

import { Secret } from '../../src/core/secret.ts';
import { parseErrorBody } from '../../src/registry/error-body.ts';
import { RegistryWarnings } from '../../src/registry/registry-warnings.ts';
import { RecordingLog } from './recording-log.ts';

const password = 'pass<word&ü"=';
const secrets = [new Secret(password), new Secret('dXNlcjpwYXNz==')];

describe('a secret that a registry echoes', () => {
  it('is not shown when the JSON of the answer spells it with escapes', () => {
    const message = String.raw`no to pass\u003cword\u0026\u00fc\"\u003d sent as dXNlcjpwYXNz\u003d\u003d`;
    const body = parseErrorBody(`{"errors":[{"code":"DENIED","message":"${message}"}]}`, 'application/json', secrets);
    expect(body.text).to.equal('DENIED: no to [redacted] sent as [redacted]');
  });

  it('is not shown when the answer has its words beside the list of errors', () => {
    const body = parseErrorBody(JSON.stringify({ details: `no to ${password}` }), 'application/json', secrets);
    expect(body.text).to.equal('no to [redacted]');
  });

  it('is not shown in text that is no JSON, or in a web page', () => {
    expect(parseErrorBody(`no to ${password}`, 'text/plain', secrets).text).to.equal('no to [redacted]');
    expect(parseErrorBody(`<html>${password}`, 'text/html', secrets).text).to.equal('<html>[redacted]');
  });

  it('is not shown when it had several lines and the answer has it in one, or a part of it', () => {
    const key = new Secret('{\n  "private_key": "MIIE+key"\n}\n');
    for (const echoed of ['{   "private_key": "MIIE+key" }', '"private_key": "MIIE+key"']) {
      expect(parseErrorBody(`no to ${echoed}`, 'text/plain', [key]).text)
        .to.include('[redacted]')
        .and.not.include('MIIE');
    }
  });

  it('is not logged when a Warning header spells its quotes with escapes', () => {
    const log = new RecordingLog();
    const header = String.raw`299 - "no to pass<word&\"="`;
    new RegistryWarnings(log).note('registry.example', { warning: header }, [new Secret('pass<word&"=')]);
    expect(log.values).to.deep.equal([{ registry: 'registry.example', text: 'no to [redacted]' }]);
  });

  it('does not spoil the answer by being a word of its grammar', () => {
    const body = parseErrorBody('{"errors":[{"code":"DENIED","message":"no"}]}', undefined, [new Secret('errors')]);
    expect(body).to.deep.include({ codes: ['DENIED'], text: 'DENIED: no' });
  });
});
