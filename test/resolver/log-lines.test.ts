import { expect } from 'chai';
import { RunnerError } from '../../src/core/errors.ts';
import { type Log, silentLog } from '../../src/core/log.ts';
import { ResolverWith, settled, ttlMs } from './resolver-with.ts';

const image = 'registry.example.com/fn:v1';

describe('what the resolver logs for operators', () => {
  it('is what is odd about an image, once for as long as it stays the same', async () => {
    const { subject, takeLines } = withLog();
    subject.registry.tag('v1', subject.registry.addImage({ user: 'somebody' }));
    await subject.resolve(image);
    expect(takeLines()).to.deep.equal(['warn image warning']);
    for (let times = 0; times < 2; times += 1) {
      subject.clock.advance(ttlMs);
      await subject.resolve(image);
      await settled();
    }
    expect(takeLines()).to.deep.equal([]);
  });

  it('is that a tag moved', async () => {
    const { subject, takeLines } = withLog();
    subject.registry.tag('v1', subject.registry.addImage());
    await subject.resolve(image);
    subject.registry.tag('v1', subject.registry.addImage({ entrypoint: ['/newer'] }));
    await subject.resolve(image, { refresh: true });
    expect(takeLines()).to.deep.equal(['info tag moved']);
  });

  it('is that an image cannot be looked up, once for all who wait for it', async () => {
    const { subject, takeLines } = withLog();
    subject.registry.failure = new RunnerError('UNREACHABLE', 'for the test');
    await Promise.all(Array.from({ length: 20 }, async () => subject.failure(image)));
    expect(takeLines()).to.deep.equal(['warn image cannot be looked up']);
  });

  it('is nothing for what only the caller can mend', async () => {
    const { subject, takeLines } = withLog();
    await subject.failure('registry.example.com/no-such-image');
    await subject.failure('::');
    expect(takeLines()).to.deep.equal([]);
  });
});

/** Lines of level info and above. */
function withLog(): { readonly subject: ResolverWith; readonly takeLines: () => readonly string[] } {
  const lines: string[] = [];
  const log: Log = {
    ...silentLog,
    error: (message) => lines.push(`error ${message}`),
    warn: (message) => lines.push(`warn ${message}`),
    info: (message) => lines.push(`info ${message}`),
  };
  return { subject: new ResolverWith({ log }), takeLines: () => lines.splice(0) };
}
