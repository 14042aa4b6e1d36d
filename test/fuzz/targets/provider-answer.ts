import { parseDuration } from '../../../src/config/duration.ts';
import { RunnerError } from '../../../src/core/errors.ts';
import { readProviderAnswer } from '../../../src/credentials/provider/provider-answer.ts';
import { texts, type Target } from '../target.ts';

const apiVersion = 'credentialprovider.kubelet.k8s.io/v1';
const answer = {
  kind: 'CredentialProviderResponse',
  apiVersion,
  cacheKeyType: 'Registry',
  cacheDuration: '6h0m0s',
  auth: { '*.dkr.ecr.*.amazonaws.com': { username: 'AWS', password: 'word' } },
};

/** Its failures are answers; they are thrown here to be counted. */
export const providerAnswer: Target = {
  name: 'image credential provider answer',
  isJson: true,
  codes: ['CFG_ENTRY_AUTH'],
  corpus: texts(
    JSON.stringify(answer),
    JSON.stringify({ ...answer, cacheKeyType: 'Image', cacheDuration: null, auth: null }),
    JSON.stringify({ ...answer, auth: { 'https://reg.io:5000/team': { username: '<token>', password: 'a.b-c' } } }),
  ),
  tokens: texts(
    '"auth"',
    '"cacheDuration"',
    '"0s"',
    '"-1h"',
    '"Global"',
    '"username"',
    '{',
    '}',
    '[',
    ':',
    'null',
    '1',
  ),
  maxBytes: 65_536,
  parse: (input) => {
    const run = { kind: 'ended', exitCode: 0, stdout: input } as const;
    const read = readProviderAnswer(run, { apiVersion, parseDuration });
    if (read.kind === 'failed') throw new RunnerError('CFG_ENTRY_AUTH', read.reason);
  },
};
