import { expect } from 'chai';

import { functionEnvironment } from '../../src/local/sandbox/function-environment.ts';

describe('functionEnvironment', () => {
  it('is what the image says, with a PATH and a HOME when it says nothing of them', () => {
    expect(functionEnvironment(['A=b=c', 'EMPTY='], undefined)).to.deep.equal({
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/tmp',
      A: 'b=c',
      EMPTY: '',
    });
  });

  it('prefers the PATH and HOME of the image over those of the account and the defaults', () => {
    expect(functionEnvironment(['PATH=/x', 'HOME=/y'], '/home/app')).to.deep.equal({ PATH: '/x', HOME: '/y' });
    expect(functionEnvironment(['PATH=/x'], '/home/app')).to.deep.equal({ PATH: '/x', HOME: '/home/app' });
  });
});
