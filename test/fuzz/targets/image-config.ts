import { commandOf } from '../../../src/image/command.ts';
import { parseImageConfig } from '../../../src/image/config.ts';
import { texts, type Target } from '../target.ts';

const process = {
  Entrypoint: ['/usr/bin/fn', '--strict'],
  Cmd: ['a', 'b'],
  Env: ['PATH=/usr/bin:/bin', 'A=b=c', 'EMPTY='],
  WorkingDir: '/work',
  User: '1000:1000',
  Labels: { a: 'b' },
};
const rootfs = { type: 'layers', diff_ids: [`sha256:${'0123456789abcdef'.repeat(4)}`] };

export const imageConfig: Target = {
  name: 'image config',
  isJson: true,
  codes: ['MAN_CONFIG', 'MAN_PLATFORM'],
  corpus: texts(
    JSON.stringify({ os: 'linux', architecture: 'amd64', config: process, rootfs, history: [{ created_by: 'x' }] }),
    JSON.stringify({ os: 'linux', architecture: 'arm64', variant: 'v8', config: { Cmd: ['/bin/sh'] }, rootfs }),
  ),
  tokens: texts(
    '"Entrypoint":',
    '"Env":[',
    '"User":"0:0"',
    '4294967296',
    '"os":"windows"',
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
    '\\u0000',
    'null',
    '=',
    '../',
  ),
  maxBytes: 65_536,
  parse: (input) => {
    const parsed = parseImageConfig(input);
    commandOf(parsed);
    if (!parsed.workingDir.startsWith('/') || parsed.workingDir.split('/').includes('..')) {
      throw new Error(`working directory ${parsed.workingDir}`);
    }
    if (parsed.env.some((variable) => variable.includes('\0') || variable.indexOf('=') < 1))
      throw new Error('environment');
  },
};
