import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Answer } from './exchange.ts';
import { Fault, jsonType } from './fault.ts';

/** What a handler's fault looks like on the wire: distribution-spec 1.1, "Error Codes". Anything else is thrown on. */
export function faultAnswer(thrown: unknown): Answer {
  if (!(thrown instanceof Fault)) throw thrown;
  const headers = { 'Content-Type': jsonType, ...thrown.headers };
  return { status: thrown.status, headers, body: thrown.body() };
}

/** Writes an answer; a `HEAD` request gets its headers only. */
export async function send(answer: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, headers = {}, body = '' } = answer;
  const length = body instanceof Readable || status === 204 ? {} : { 'Content-Length': Buffer.byteLength(body) };
  response.writeHead(status, { 'Docker-Distribution-Api-Version': 'registry/2.0', ...length, ...headers });
  if (!(body instanceof Readable)) {
    response.end(request.method === 'HEAD' ? undefined : body);
  } else if (request.method === 'HEAD') {
    body.destroy();
    response.end();
  } else {
    await pipeline(body, response);
  }
}
