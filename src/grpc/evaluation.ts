import { RunnerError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Evaluator, Outcome } from '../evaluate/evaluator.ts';
import type { CallContext } from './call-context.ts';
import { cutMiddle } from './cut-text.ts';
import type { EvaluationSlots } from './evaluation-slots.ts';
import { bytesField, type Message, textField } from '../rpc/fields.ts';

export interface EvaluationParts {
  readonly evaluator: Evaluator;
  readonly slots: EvaluationSlots;
  /** `--max-request-body-size`, which bounds answers too. */
  readonly maxMessageBytes: number;
}

/** Room for tags and lengths of the fields of an answer. */
export const fieldOverheadBytes = 64;

/** Runs the function of a request with the fields `image` and `resource_list`. Errors get Porch's prefix. */
export async function evaluate(parts: EvaluationParts, request: Message, context: CallContext): Promise<Outcome> {
  const image = textField(request, 'image');
  const resourceList = bytesField(request, 'resourceList');
  const shownImage = cutMiddle(image, 300);
  const log = context.log.child({ image: shownImage });
  try {
    checkRequest(image, resourceList);
    const outcome = await parts.slots.run(async () =>
      parts.evaluator.evaluate({ image, resourceList, caller: context.caller, signal: context.signal, log }),
    );
    noteOutcome(context, log, outcome);
    if (outcome.exitCode === 0) checkSize(outcome, parts.maxMessageBytes);
    return outcome;
  } catch (thrown) {
    throw thrown instanceof RunnerError ? withPrefix(thrown, shownImage) : thrown;
  }
}

/** An empty field is most likely one that the caller has not set; the function could not say so. */
function checkRequest(image: string, resourceList: Uint8Array): void {
  if (image === '') {
    throw new RunnerError('REF_EMPTY', 'the field image is empty', { hint: 'Give the name of a function image.' });
  }
  if (resourceList.length === 0) {
    const hint = 'Send a ResourceList, as YAML or JSON.';
    throw new RunnerError('REQUEST_INVALID', 'the field resource_list is empty', { hint });
  }
}

function noteOutcome(context: CallContext, log: Log, outcome: Outcome): void {
  const { runtime, exitCode, digest, output, stderrBytes } = outcome;
  const errors = outcome.results.filter((result) => result.severity === 'error').length;
  const values = { runtime, exitCode, digest, outputBytes: output.length, stderrBytes, errors };
  if (exitCode !== 0) log.info('function failed', values);
  else if (errors > 0) log.warn('function succeeded with error results', values);
  context.note(values);
}

function checkSize(outcome: Outcome, maxMessageBytes: number): void {
  const size = outcome.output.length;
  if (size + fieldOverheadBytes <= maxMessageBytes) return;
  throw new RunnerError(
    'FUNCTION_LIMIT',
    `the function wrote ${String(size)} bytes, which do not fit into a message of ${String(maxMessageBytes)} bytes`,
    { hint: 'Raise --max-request-body-size here and in the client, or split the package.' },
  );
}

function withPrefix(error: RunnerError, image: string): RunnerError {
  if (error.code === 'FUNCTION_OUTPUT' || error.code === 'OVERLOADED') return error;
  if (image === '') return error;
  // The chain of evaluators names the image without what may be a secret in it.
  const shown = error.details.image ?? image;
  const { runtime } = error.details;
  const by = runtime === undefined ? '' : ` with ${runtime} evaluator`;
  return new RunnerError(error.code, `unable to evaluate ${shown}${by}: ${error.message}`, { image, ...error.details });
}
