import { expect } from 'chai';
import { paintFor } from '../../src/commands/style-text.ts';
import { resultText } from '../../src/commands/result-text.ts';

const cases: readonly {
  readonly what: string;
  readonly isTTY: boolean;
  readonly env: Record<string, string>;
  readonly coloured: boolean;
}[] = [
  { what: 'a terminal', isTTY: true, env: { TERM: 'xterm' }, coloured: true },
  { what: 'a terminal with an empty NO_COLOR', isTTY: true, env: { NO_COLOR: '' }, coloured: true },
  { what: 'a terminal with NO_COLOR', isTTY: true, env: { NO_COLOR: '1' }, coloured: false },
  { what: 'a dumb terminal', isTTY: true, env: { TERM: 'dumb' }, coloured: false },
  { what: 'a pipe', isTTY: false, env: { TERM: 'xterm' }, coloured: false },
];

describe('text', () => {
  for (const { what, isTTY, env, coloured } of cases) {
    it(`is ${coloured ? 'coloured' : 'plain'} on ${what}`, () => {
      const paint = paintFor({ write: () => undefined, isTTY }, env);
      expect(paint('red', 'error')).to.equal(coloured ? '\u001B[31merror\u001B[0m' : 'error');
    });
  }
});

const results = [
  { result: { message: 'm', severity: 'info' }, text: '[info] m\n' },
  {
    result: {
      message: 'm',
      severity: 'error',
      resourceRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'prod' },
      field: { path: 'spec.replicas' },
      file: { path: 'web.yaml' },
    },
    text: '[error] Deployment prod/web spec.replicas (web.yaml): m\n',
  },
  {
    result: {
      message: 'm',
      severity: 'warning',
      resourceRef: { apiVersion: '', kind: 'Namespace', name: 'prod', namespace: '' },
      field: { path: '' },
      file: { path: '' },
    },
    text: '[warning] Namespace prod: m\n',
  },
] as const;

describe('a result', () => {
  for (const { result, text } of results) {
    it(`is shown as ${text.trim()}`, () => {
      expect(resultText(result, (_, plain) => plain)).to.equal(text);
    });
  }
});
