import { parseServiceFlags } from '../../../src/config/options.ts';
import { RunnerError } from '../../../src/core/errors.ts';
import { texts, type Target } from '../target.ts';

const names = Object.keys(parseServiceFlags([]).options).map((key) =>
  key.replace(/Ms$/u, '').replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`),
);

/** One argument a line. */
export const flags: Target = {
  name: 'flags',
  codes: ['CFG_OPTION'],
  corpus: texts(
    '--port=9445\n--log-level=2\n--enable-private-registries',
    '-port\n9445\n--pod-ttl\n1h30m\n--insecure-registries=a:5000,*.b,10.0.0.0/8',
    '--plaintext-fallback=never\n--enable-private-registries-tls=true\n--max-request-body-size=6291456\n--\nimage',
    '--image-platform=linux/arm64\n--runtime=local\n--resolve-timeout=500ms\n--default-image-prefix=ghcr.io/x/',
  ),
  tokens: texts(
    '--',
    '-',
    '=',
    '\n',
    ',',
    '1h',
    'ms',
    'true',
    '9'.repeat(20),
    '-1',
    ...names.map((name) => `\n--${name}=`),
  ),
  maxBytes: 2048,
  parse: (input) => {
    const { faults } = parseServiceFlags(input.toString().split('\n'));
    for (const { flag, message } of faults) {
      if (!message.includes(flag.slice(0, 40))) throw new Error(`a fault that does not name ${flag}: ${message}`);
    }
    const [fault] = faults;
    if (fault !== undefined) throw new RunnerError('CFG_OPTION', fault.message);
  },
};
