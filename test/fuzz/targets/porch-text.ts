import { RunnerError } from '../../../src/core/errors.ts';
import { readPorchText } from '../../../src/pods/endpoint/porch-text.ts';
import { texts, type Target } from '../target.ts';

const start = 'failed to evaluate function "example.com/fn:v1" with structured results: ';

export const porchText: Target = {
  name: "error texts of Porch's in-pod server",
  codes: ['INTERNAL'],
  corpus: texts(
    `${start}[error] v1/ConfigMap/ns/a: no name\n\n[info]: fine and stderr: sad\n`,
    `${start} and stderr: `,
    'failed to parse the output of function "a" with stderr \'b\': c',
    'Failed to execute function "a": fork/exec /a: no such file or directory ()',
  ),
  tokens: texts(
    '"',
    '\\',
    '\\"',
    ' and stderr: ',
    ' with structured results: ',
    '\n\n',
    '[error] ',
    '[warning]: ',
    '[',
    ']',
  ),
  maxBytes: 65_536,
  parse: (input) => {
    const failure = readPorchText(Buffer.from(input).toString());
    if (failure.kind === 'other') throw new RunnerError('INTERNAL', 'another text');
    if (failure.kind !== 'failed') return;
    const { exitCode, stderr, stderrBytes } = failure.answer;
    if (exitCode === 0) throw new Error('a failed function has exit code 0');
    if (stderr.length !== stderrBytes) throw new Error('stderr has another size than is told');
  },
};
