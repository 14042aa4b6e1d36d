import { expect } from 'chai';
import { ContentCache } from '../../src/resolver/content-cache.ts';
import type { SizedContent } from '../../src/resolver/image-content.ts';

describe('the content cache', () => {
  it('lets go of what was used least recently when it grows past its bytes', () => {
    const cache = new ContentCache(100);
    for (const digest of ['a', 'b', 'c']) cache.set(content(digest, 30));
    cache.get('a');
    cache.set(content('d', 30));
    expect(['a', 'b', 'c', 'd'].filter((digest) => cache.get(digest) !== undefined)).to.deep.equal(['a', 'c', 'd']);
    expect(cache.bytes).to.equal(90);
  });

  it('counts a digest that is set again once', () => {
    const cache = new ContentCache(100);
    cache.set(content('a', 60));
    cache.set(content('a', 80));
    expect(cache.bytes).to.equal(80);
    expect(cache.get('a')).not.to.equal(undefined);
  });

  it('keeps nothing that alone is too large', () => {
    const cache = new ContentCache(100);
    cache.set(content('a', 50));
    cache.set(content('b', 101));
    expect(cache.get('b')).to.equal(undefined);
    expect(cache.bytes).to.equal(0);
  });
});

function content(digest: string, bytes: number): SizedContent {
  const nothing: readonly never[] = [];
  return {
    bytes,
    content: {
      digest,
      platformDigest: digest,
      mediaType: '',
      platforms: nothing,
      platform: { os: 'linux', architecture: 'amd64' },
      entrypoint: nothing,
      cmd: nothing,
      env: nothing,
      workingDir: '/',
      user: '',
      layers: nothing,
      diffIds: nothing,
      warnings: nothing,
    },
  };
}
