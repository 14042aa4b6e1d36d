import type { CommandIo } from './command-io.ts';
import { shownFailure, type ShownFailure } from './shown-failure.ts';
import { paintFor } from './style-text.ts';

/** Several lines for a person on stderr: what failed, what was tried, what would fix it. */
export function failureText(thrown: unknown, io: CommandIo): string {
  const { code, reason, message, attempts, hint } = shownFailure(thrown);
  const short = withoutAttempts(message, attempts);
  const paint = paintFor(io.stderr, io.environment);
  const tag = reason === '' ? code : `${reason}, ${code}`;
  const lines = [
    `${paint('red', 'error')}: ${short} ${paint('dim', `(${tag})`)}`,
    ...attempts.map((attempt) => `  tried ${attemptText(attempt)}`),
    ...(hint === '' ? [] : [`  ${paint('bold', 'hint')}: ${hint}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** The message without the attempts at its end, for they are listed below it. */
function withoutAttempts(message: string, attempts: ShownFailure['attempts']): string {
  let short = message;
  for (const { step, address, outcome, reason } of attempts.toReversed()) {
    const text = `${step} ${address}${outcome === 'skipped' ? ' skipped' : ''}: ${reason}`;
    const end = ['; ', ': '].map((separator) => separator + text).find((candidate) => short.endsWith(candidate));
    if (end !== undefined) short = short.slice(0, -end.length);
  }
  return short;
}

/** `mounted-ca registry:5000 failed: self-signed certificate` */
export function attemptText(attempt: ShownFailure['attempts'][number]): string {
  const { step, address, outcome, reason } = attempt;
  return `${step} ${address} ${outcome}${reason === '' ? '' : `: ${reason}`}`;
}
