import { expect } from 'chai';

import { storeDirectory } from '../../src/local/store/store-directory.ts';

const cases = [
  { environment: { XDG_CACHE_HOME: '/cache', HOME: '/home/me' }, directory: '/cache/krm-function-runner' },
  { environment: { HOME: '/home/me' }, directory: '/home/me/.cache/krm-function-runner' },
  { environment: { XDG_CACHE_HOME: '', HOME: '/home/me' }, directory: '/home/me/.cache/krm-function-runner' },
  { environment: { XDG_CACHE_HOME: 'relative', HOME: '/home/me' }, directory: '/home/me/.cache/krm-function-runner' },
] as const;

describe('storeDirectory', () => {
  for (const { environment, directory } of cases) {
    it(`is ${directory} for ${JSON.stringify(environment)}`, () => {
      expect(storeDirectory(environment)).to.equal(directory);
    });
  }
});
