import { RunnerError } from '../../../src/core/errors.ts';
import { readHelperAnswer } from '../../../src/credentials/helper/helper-answer.ts';
import { texts, type Target } from '../target.ts';

const answer = { ServerURL: 'https://index.docker.io/v1/', Username: 'user', Secret: 'word' };

/** Its failures are answers; they are thrown here to be counted. */
export const helperAnswer: Target = {
  name: 'credential helper answer',
  isJson: true,
  codes: ['CFG_ENTRY_AUTH'],
  corpus: texts(
    JSON.stringify(answer),
    JSON.stringify({ ...answer, Username: '<token>', Secret: 'a.b-c' }),
    JSON.stringify({ username: 'AWS', secret: 'x'.repeat(2000), extra: [null, {}] }),
  ),
  tokens: texts(
    '"Username"',
    '"Secret"',
    '"<token>"',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    '\\u0000',
    '\\n',
    'null',
    '1',
  ),
  maxBytes: 65_536,
  parse: (input) => {
    const read = readHelperAnswer({ kind: 'ended', exitCode: 0, stdout: input });
    if (read.kind === 'failed') throw new RunnerError('CFG_ENTRY_AUTH', read.reason);
  },
};
