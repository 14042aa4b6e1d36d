import type { PodAnswer, PodResult } from '../pod-endpoint.ts';

/**
 * What a function's end looks like when the in-pod server is Porch's own, which knows no exit code and puts everything
 * into the text of an INTERNAL status (porch-contract.md, error texts).
 */
export type PorchFailure =
  | { readonly kind: 'failed'; readonly answer: PodAnswer }
  /** It ended, with any exit code, and printed no ResourceList. */
  | { readonly kind: 'no-output'; readonly message: string }
  /** It could not be started. */
  | { readonly kind: 'not-started'; readonly message: string }
  | { readonly kind: 'other' };

const failedText =
  /^failed to evaluate function "(?:[^"\\]|\\.)*" with structured results: (?<results>.*?) and stderr: ?(?<stderr>.*)$/s;
const parseText = /^failed to parse the output of function "/;
const startText = /^Failed to execute function "/;

/** Its exit code is not told; any other than 0 is right. */
const unknownExitCode = 1;

/** Reads the text of an INTERNAL status of Porch's in-pod server. */
export function readPorchText(message: string): PorchFailure {
  const parts = failedText.exec(message)?.groups;
  if (parts !== undefined) {
    const { results = '', stderr = '' } = parts;
    return { kind: 'failed', answer: { ...failedAnswer(stderr), results: resultsOf(results) } };
  }
  if (parseText.test(message)) return { kind: 'no-output', message };
  if (startText.test(message)) return { kind: 'not-started', message };
  return { kind: 'other' };
}

/** The answer of a function that failed and of which only this is known. */
export function failedAnswer(stderr: string): PodAnswer {
  const bytes = Buffer.from(stderr);
  return { exitCode: unknownExitCode, output: new Uint8Array(), stderr: bytes, stderrBytes: bytes.length };
}

/** `[severity] object: message` of each, an empty line between two; a message may hold empty lines itself. */
function resultsOf(text: string): readonly PodResult[] {
  const starts = /(?<=^|\n\n)\[(?<severity>error|warning|info)\](?: |: )/g;
  const found = [...text.matchAll(starts)];
  if (found.length === 0) return text === '' ? [] : [{ severity: 'error', message: text }];
  return found.map((match, index) => {
    const next = found[index + 1]?.index;
    const message = text.slice(match.index + match[0].length, next === undefined ? undefined : next - 2);
    return { severity: severityOf(match.groups?.['severity']), message };
  });
}

function severityOf(text: string | undefined): PodResult['severity'] {
  return text === 'warning' || text === 'info' ? text : 'error';
}
