import { expect } from 'chai';
import { readPorchText } from '../../../src/pods/endpoint/porch-text.ts';

const failed = (results: string, stderr: string): string =>
  `failed to evaluate function "example.com/fn:v1" with structured results: ${results} and stderr: ${stderr}`;

describe("the error texts of Porch's in-pod server", () => {
  const cases = [
    {
      title: 'one result and stderr',
      text: failed('[error] v1/ConfigMap/ns/a: no name', 'sad\n'),
      results: [{ severity: 'error', message: 'v1/ConfigMap/ns/a: no name' }],
      stderr: 'sad\n',
    },
    {
      title: 'several results',
      text: failed('[warning]: careful\n\n[info]: fine\n\n[error] Kptfile: bad', ''),
      results: [
        { severity: 'warning', message: 'careful' },
        { severity: 'info', message: 'fine' },
        { severity: 'error', message: 'Kptfile: bad' },
      ],
      stderr: '',
    },
    { title: 'no results', text: failed('', 'sad'), results: [], stderr: 'sad' },
    {
      title: 'the words of the text in stderr',
      text: failed('', 'a and stderr: b'),
      results: [],
      stderr: 'a and stderr: b',
    },
    {
      title: 'an empty line inside a message',
      text: failed('[error]: one\n\ntwo\n\n[info]: three', ''),
      results: [
        { severity: 'error', message: 'one\n\ntwo' },
        { severity: 'info', message: 'three' },
      ],
      stderr: '',
    },
    {
      title: 'results in another form',
      text: failed('something else', ''),
      results: [{ severity: 'error', message: 'something else' }],
      stderr: '',
    },
  ];
  for (const { title, text, results, stderr } of cases) {
    it(`tell ${title}`, () => {
      const failure = readPorchText(text);
      if (failure.kind !== 'failed') throw new Error(`read as ${failure.kind}`);
      expect(failure.answer.exitCode).to.equal(1);
      expect(failure.answer.results).to.deep.equal(results);
      expect(Buffer.from(failure.answer.stderr).toString()).to.equal(stderr);
      expect(failure.answer.stderrBytes).to.equal(stderr.length);
    });
  }

  for (const [text, kind] of [
    [`failed to parse the output of function "fn" with stderr 'x': no kind`, 'no-output'],
    ['Failed to execute function "fn": fork/exec /fn: no such file or directory ()', 'not-started'],
    ['something else', 'other'],
    ['', 'other'],
  ] as const) {
    it(`are ${kind}: ${text}`, () => {
      expect(readPorchText(text).kind).to.equal(kind);
    });
  }
});
