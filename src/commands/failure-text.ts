import type { CommandIo } from './command-io.ts';
import { shownFailure, type ShownFailure } from './shown-failure.ts';
import { paintFor } from './style-text.ts';

/** Several lines for a person on stderr: what failed, what was tried, what would fix it. */
export function failureText(thrown: unknown, io: CommandIo): string {
  const { code, reason, message, attempts, hint } = shownFailure(thrown);
  const paint = paintFor(io.stderr, io.environment);
  const tag = reason === '' ? code : `${reason}, ${code}`;
  const lines = [
    `${paint('red', 'error')}: ${message} ${paint('dim', `(${tag})`)}`,
    ...attempts.map((attempt) => `  tried ${attemptText(attempt)}`),
    ...(hint === '' ? [] : [`  ${paint('bold', 'hint')}: ${hint}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** `mounted-ca registry:5000 failed: self-signed certificate` */
export function attemptText(attempt: ShownFailure['attempts'][number]): string {
  const { step, address, outcome, reason } = attempt;
  return `${step} ${address} ${outcome}${reason === '' ? '' : `: ${reason}`}`;
}
