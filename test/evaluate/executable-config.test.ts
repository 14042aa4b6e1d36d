import { expect } from 'chai';
import { parseExecutables } from '../../src/evaluate/executable-config.ts';
import { RunRegistries } from '../../src/image/run-registries.ts';
import { refused } from './refused.ts';

const prefix = 'ghcr.io/kptdev/krm-functions-catalog/';
const porchExample = `functions:
- function: apply-setters
  images:
  - gcr.io/kpt-fn/apply-setters:v0.2.0
  - apply-setters:v0.1
- function: sub/folder/fn
  images: ["nginx"]
`;

describe('the file of executables', () => {
  it('maps every spelling of an image to its executable', () => {
    const executables = parseExecutables(porchExample, 'config.yaml', prefix);
    expect([...executables]).to.have.deep.members([
      ['apply-setters:v0.1', 'apply-setters'],
      ['gcr.io/kpt-fn/apply-setters:v0.2.0', 'apply-setters'],
      ['ghcr.io/kptdev/krm-functions-catalog/apply-setters:v0.1', 'apply-setters'],
      ['ghcr.io/kptdev/krm-functions-catalog/nginx:latest', 'sub/folder/fn'],
      ['nginx', 'sub/folder/fn'],
    ]);
  });

  it('is for either address of a registry that nodes reach under another one', () => {
    const runs = RunRegistries.parse(['registry.fns.svc:5000=localhost:32000']);
    const text = 'functions: [{function: a, images: ["localhost:32000/fn:v1"]}]';
    const executables = parseExecutables(text, 'config.yaml', prefix, runs.toResolve.bind(runs));
    expect([...executables.keys()]).to.deep.equal(['localhost:32000/fn:v1', 'registry.fns.svc:5000/fn:v1']);
  });

  for (const text of ['', '\n', '---\n', '# none\n', '{}', 'functions: []']) {
    it(`may hold no function: ${JSON.stringify(text)}`, () => {
      expect(parseExecutables(text, 'config.yaml', prefix).size).to.equal(0);
    });
  }

  for (const { text, place } of [
    { text: 'functions: [', place: 'line 1' },
    { text: '- a', place: 'the document is not an object' },
    { text: 'function: x', place: 'functions is not a list' },
    { text: 'functions: {}', place: 'functions is not a list' },
    { text: 'functions: [a]', place: 'functions[0] is not an object' },
    { text: 'functions: [{images: [a]}]', place: 'functions[0].function' },
    { text: 'functions: [{function: a}]', place: 'functions[0].images' },
    { text: 'functions: [{function: a, images: []}]', place: 'functions[0].images' },
    { text: 'functions: [{function: a, images: [b, 1]}]', place: 'functions[0].images[1] is not a text' },
    { text: 'functions: [{function: a, images: ["B@D"]}]', place: 'functions[0].images[0] is not an image' },
    { text: 'functions: [{function: a, images: [x]}, {function: b, images: [x]}]', place: 'functions[1].images[0]' },
    { text: 'functions: [{function: ../sh, images: [x]}]', place: 'functions[0].function' },
    { text: 'functions: [{function: a/../../sh, images: [x]}]', place: 'functions[0].function' },
    { text: 'functions: [{function: /bin/sh, images: [x]}]', place: 'functions[0].function' },
    { text: 'functions: [{function: ., images: [x]}]', place: 'functions[0].function' },
    { text: 'functions: [{function: "", images: [x]}]', place: 'functions[0].function' },
    { text: 'functions: [{function: "a\\0b", images: [x]}]', place: 'functions[0].function' },
  ]) {
    it(`is refused naming the place: ${text}`, async () => {
      const error = await refused(parsed(text));
      expect(error.code).to.equal('CFG_FUNCTIONS');
      expect(error.message).to.include('/etc/functions/config.yaml').and.to.include(place);
      expect(error.details.hint).to.be.a('string');
    });
  }
});

async function parsed(text: string): Promise<unknown> {
  return Promise.resolve().then(() => parseExecutables(text, '/etc/functions/config.yaml', prefix));
}
