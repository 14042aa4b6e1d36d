import { expect } from 'chai';
import { parseDuration } from '../../../src/config/duration.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLog } from '../../../src/core/log.ts';
import { PodCache } from '../../../src/pods/warm-up/pod-cache.ts';
import { type MountedSecret, mountSecret } from '../../support/mounted-secret.ts';

describe('The images of --pod-cache-config', () => {
  let folder: MountedSecret;
  let cache: PodCache;
  let nowMs = 0;
  let wake: (() => void)[] = [];

  beforeEach(async () => {
    folder = await mountSecret({ 'cache.yaml': 'example.com/a/b:v1: 30m\n' });
    nowMs = 1_000_000;
    wake = [];
    const clock = {
      ...systemClock,
      now: () => nowMs,
      delay: async (_: number, signal?: AbortSignal): Promise<void> =>
        new Promise((resolve, reject) => {
          wake.push(resolve);
          signal?.addEventListener('abort', () => {
            reject(new Error('aborted'));
          });
        }),
    };
    const file = folder.file('cache.yaml');
    cache = new PodCache({ file, defaultImagePrefix: '', parseDuration, clock, log: silentLog });
    await cache.start();
  });

  afterEach(async () => {
    cache.close();
    await folder.remove();
  });

  const changed = async (text: string): Promise<void> => {
    const told = new Promise<void>((resolve) => {
      cache.subscribe(resolve);
    });
    await folder.swap({ 'cache.yaml': text });
    nowMs += 10_000;
    for (const resolve of wake) resolve();
    await told;
  };

  it('have the time to live that the file says', () => {
    expect(cache.images()).to.deep.equal(['example.com/a/b:v1']);
    expect(cache.ttlOf('example.com/a/b:v1')).to.equal(30 * 60_000);
    expect(cache.ttlOf('example.com/a/b:v2')).to.equal(undefined);
  });

  it('are others when the file changes', async () => {
    await changed('example.com/a/c:v1: 5m\n');
    expect(cache.images()).to.deep.equal(['example.com/a/c:v1']);
  });

  it('stay as they were when the file is broken, and follow it again when it is not', async () => {
    await folder.swap({ 'cache.yaml': '- broken' });
    nowMs += 10_000;
    for (const resolve of wake) resolve();
    await changed('example.com/a/d:v1: 5m\n');
    expect(cache.images()).to.deep.equal(['example.com/a/d:v1']);
  });
});
