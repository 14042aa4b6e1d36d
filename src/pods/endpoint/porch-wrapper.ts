import { connect, constants, type ClientHttp2Session } from 'node:http2';
import { RunnerError } from '../../core/errors.ts';
import { safeText } from '../../core/safe-text.ts';
import { evaluateFunctionResponseOf } from '../../rpc/client-messages.ts';
import { callUnary, type UnaryEnd } from '../../rpc/http2-unary.ts';
import { protoService } from '../../rpc/proto.ts';
import type { PodAnswer } from '../pod-endpoint.ts';
import { lost, tooLarge } from './lost.ts';
import { failedAnswer, readPorchText } from './porch-text.ts';

/**
 * Longest header list that we are willing to take, which we tell the server. A larger one, like 1 MB of stderr in a
 * status, would end the connection under nghttp2's own bounds; told so, gRPC for Go resets that one call instead.
 */
const maxHeaderListBytes = 64 * 1024;

const maxMessageChars = 2000;

/** Numbers of google.rpc.Code. */
const resourceExhausted = 8;
const deadlineExceeded = 4;
const internal = 13;
const lostStatuses: ReadonlySet<number> = new Set([1, 14]);

interface EvaluationInput {
  readonly image: string;
  readonly resourceList: Uint8Array;
}

/**
 * Calls to Porch's own in-pod server. Its errors can be too large for HTTP/2 clients, so no two calls share a
 * connection: what one breaks is broken for it alone. Idle connections are used again.
 */
export class PorchWrapper {
  readonly #address: string;
  readonly #maxMessageBytes: number;
  readonly #idle: ClientHttp2Session[] = [];
  readonly #open = new Set<ClientHttp2Session>();
  #closed = false;

  constructor(address: string, maxMessageBytes: number) {
    this.#address = address;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** @throws {RunnerError} like {@link PodEndpoint.evaluate} */
  async evaluate(request: EvaluationInput, signal: AbortSignal): Promise<PodAnswer> {
    const method = protoService('evaluator.FunctionEvaluator')['EvaluateFunction'];
    if (method === undefined) throw new Error('no method EvaluateFunction in proto/');
    const message = method.requestSerialize(request);
    if (message.length > this.#maxMessageBytes) {
      throw tooLarge(`the request has ${String(message.length)} bytes`, request.image);
    }
    const call = { path: method.path, message, maxAnswerBytes: this.#maxMessageBytes };
    const session = this.#take();
    let end: UnaryEnd;
    try {
      end = await callUnary(session, call, signal);
    } finally {
      this.#giveBack(session);
    }
    if (end.kind !== 'answered') return this.#judge(end, request.image);
    const { resourceList, log } = evaluateFunctionResponseOf(method.responseDeserialize(end.message));
    return { exitCode: 0, output: resourceList, stderr: log, stderrBytes: log.length };
  }

  close(): void {
    this.#closed = true;
    this.#idle.length = 0;
    for (const session of this.#open) session.close();
  }

  #take(): ClientHttp2Session {
    for (let session = this.#idle.pop(); session !== undefined; session = this.#idle.pop()) {
      if (session.closed || session.destroyed) continue;
      session.ref();
      return session;
    }
    return this.#connect();
  }

  #connect(): ClientHttp2Session {
    const session = connect(`http://${this.#address}`, {
      settings: { enablePush: false, maxHeaderListSize: maxHeaderListBytes },
      // Its texts often end in a space, and a header value that does is dropped otherwise.
      strictFieldWhitespaceValidation: false,
    });
    // A failed connection ends its call, which tells of it.
    session.on('error', () => undefined);
    session.once('close', () => this.#open.delete(session));
    this.#open.add(session);
    return session;
  }

  #giveBack(session: ClientHttp2Session): void {
    if (session.closed || session.destroyed) return;
    if (this.#closed) {
      session.close();
      return;
    }
    session.unref();
    this.#idle.push(session);
  }

  #judge(end: Exclude<UnaryEnd, { kind: 'answered' }>, image: string): PodAnswer {
    switch (end.kind) {
      case 'broken':
        throw lost(this.#address, end.reason);
      case 'too-large':
        throw tooLarge(`the answer has more than ${String(this.#maxMessageBytes)} bytes`, image);
      case 'reset':
        if (end.code === constants.NGHTTP2_INTERNAL_ERROR) return failedAnswer(errorTooLong);
        throw lost(this.#address, `it ended the call with the HTTP/2 error ${String(end.code)}`);
      case 'failed':
        return this.#judgeStatus(end, image);
    }
  }

  #judgeStatus({ status, message }: Extract<UnaryEnd, { kind: 'failed' }>, image: string): PodAnswer {
    const shown = safeText(message, maxMessageChars);
    if (lostStatuses.has(status)) throw lost(this.#address, message);
    if (status === resourceExhausted) throw tooLarge(message, image);
    if (status === deadlineExceeded) throw new RunnerError('DEADLINE', 'the pod did not answer in time', { image });
    const failure = status === internal ? readPorchText(message) : { kind: 'other' as const };
    switch (failure.kind) {
      case 'failed':
        return failure.answer;
      case 'no-output':
        throw new RunnerError('FUNCTION_OUTPUT', shown, { image });
      case 'not-started':
        throw new RunnerError('FUNCTION_START', shown, { image });
      case 'other':
        throw new RunnerError('INTERNAL', `the pod at ${this.#address} answered ${String(status)}: ${shown}`, {
          image,
        });
    }
  }
}

const errorTooLong =
  'The function failed, and its in-pod server could not send why: results and stderr together are longer than 64 KiB. ' +
  'The in-pod server of this project has no such bound.';
