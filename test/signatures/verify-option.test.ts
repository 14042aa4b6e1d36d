import { expect } from 'chai';
import { RunnerError } from '../../src/core/errors.ts';
import { parseReference } from '../../src/image/reference.ts';
import { RunRegistries } from '../../src/image/run-registries.ts';
import { keyFilesFor } from '../../src/signatures/choose-keys.ts';
import { parseVerifyOption } from '../../src/signatures/verify-option.ts';

const runs = RunRegistries.parse(['registry.svc:5000=localhost:32000']);

describe('--verify-images', () => {
  for (const { options, image, files } of [
    { options: ['a.pem'], image: 'ghcr.io/team/fn', files: ['a.pem'] },
    { options: ['*=a.pem'], image: 'ghcr.io/team/fn', files: ['a.pem'] },
    { options: ['=a=b.pem'], image: 'ghcr.io/team/fn', files: ['a=b.pem'] },
    { options: ['a.pem,b.pem'], image: 'ghcr.io/team/fn', files: ['a.pem', 'b.pem'] },
    { options: ['a.pem', 'b.pem', 'a.pem'], image: 'ghcr.io/team/fn', files: ['a.pem', 'b.pem'] },
    { options: ['ghcr.io/team=a.pem'], image: 'ghcr.io/team/fn', files: ['a.pem'] },
    { options: ['ghcr.io/team=a.pem'], image: 'ghcr.io/teammate/fn', files: undefined },
    { options: ['ghcr.io/team=a.pem'], image: 'other.example/team/fn', files: undefined },
    { options: ['*.example.com:5000/*/fn=a.pem'], image: 'eu.example.com:5000/team/fn', files: ['a.pem'] },
    { options: ['*.example.com:5000=a.pem'], image: 'eu.example.com/team/fn', files: undefined },
    // Other ways to write the address of the same registry are no way around.
    { options: ['ghcr.io/team=a.pem'], image: 'ghcr.io:443/team/fn', files: ['a.pem'] },
    { options: ['ghcr.io/team=a.pem'], image: 'GHCR.io:80/team/fn', files: ['a.pem'] },
    { options: ['ghcr.io:443=a.pem'], image: 'ghcr.io/team/fn', files: ['a.pem'] },
    { options: ['ghcr.io=a.pem'], image: 'ghcr.io:5000/team/fn', files: undefined },
    { options: ['[2001:db8::1]=a.pem'], image: '[2001:db8:0::1]:443/fn', files: ['a.pem'] },
    { options: ['10.0.0.1:5000=a.pem'], image: '[::ffff:a00:1]:5000/fn', files: ['a.pem'] },
    { options: ['docker.io=a.pem'], image: 'registry-1.docker.io:443/library/busybox', files: ['a.pem'] },
    { options: ['docker.io=a.pem'], image: 'registry.hub.docker.com/library/busybox', files: ['a.pem'] },
    { options: ['localhost:32000=a.pem'], image: 'registry.svc:5000/fn', files: ['a.pem'] },
    { options: ['registry.svc:5000=a.pem'], image: 'registry.svc:5000/fn', files: ['a.pem'] },
    { options: ['docker.io/library=a.pem'], image: 'busybox', files: ['a.pem'] },
    { options: ['index.docker.io/library=a.pem'], image: 'busybox', files: ['a.pem'] },
    // The most particular one counts, in whatever order they are given.
    { options: ['all.pem', 'ghcr.io/team=a.pem'], image: 'ghcr.io/team/fn', files: ['a.pem'] },
    { options: ['ghcr.io/team=a.pem', 'all.pem'], image: 'ghcr.io/team/fn', files: ['a.pem'] },
    { options: ['ghcr.io/team=a.pem', 'all.pem'], image: 'ghcr.io/other/fn', files: ['all.pem'] },
    { options: ['*.io/team/fn=a.pem', 'ghcr.io=b.pem'], image: 'ghcr.io/team/fn', files: ['b.pem'] },
    { options: ['ghcr.io=a.pem', 'ghcr.io/team=b.pem'], image: 'ghcr.io/team/fn', files: ['b.pem'] },
    { options: ['ghcr.io/*=a.pem', 'ghcr.io/team=b.pem'], image: 'ghcr.io/team/fn', files: ['b.pem'] },
    { options: ['ghcr.io/team=a.pem', 'ghcr.io/team=b.pem'], image: 'ghcr.io/team/fn', files: ['a.pem', 'b.pem'] },
  ] as const) {
    it(`${options.join(' and ')} asks ${image} for ${files?.join(' or ') ?? 'nothing'}`, () => {
      const names = [parseReference(image)].flatMap((looked) => [looked, runs.toRun(looked)]);
      expect(keyFilesFor(options.map(parseVerifyOption), names)).to.deep.equal(files);
    });
  }

  for (const { text, reason } of [
    { text: '', reason: 'without a name' },
    { text: 'ghcr.io=', reason: 'without a name' },
    { text: 'a.pem,', reason: 'without a name' },
    { text: ',a.pem', reason: 'without a name' },
    { text: 'https://ghcr.io=a.pem', reason: 'scheme' },
    { text: 'ghcr.io/team@sha256=a.pem', reason: '@' },
    { text: 'team/fn=a.pem', reason: 'names no registry' },
    { text: 'ghcr.io/Team=a.pem', reason: 'path' },
    { text: '/keys/a=b.pem', reason: 'a file with = in its name is written =KEY.pem' },
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseVerifyOption(text))
        .to.throw(RunnerError, reason)
        .with.property('code', 'CFG_OPTION');
    });
  }
});
