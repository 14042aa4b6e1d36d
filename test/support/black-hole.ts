import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { startDaemon } from './daemon.ts';

/** A port of loopback at which connections are neither made nor refused: what is sent to it gets no answer at all. */
export interface BlackHole {
  readonly authority: string;
  stop(): Promise<void>;
}

const program = `
const server = require('node:net').createServer();
server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
  console.log('port ' + server.address().port);
  process.kill(process.pid, 'SIGSTOP');
});`;
const connectMs = 250;
const maxWaiting = 20;

/** A stopped process listens, and its short queue of connections is full: Linux then drops what asks for another. */
export async function startBlackHole(): Promise<BlackHole> {
  const daemon = startDaemon(process.execPath, ['-e', program]);
  const sockets: Socket[] = [];
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await daemon.stop('SIGKILL');
  };
  try {
    const port = Number((await daemon.line(/^port \d+$/)).slice('port '.length));
    while (await isAnswered(port, sockets)) if (sockets.length > maxWaiting) throw new Error('the queue never fills');
    return { authority: `127.0.0.1:${String(port)}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function isAnswered(port: number, sockets: Socket[]): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  const given = new AbortController();
  const connected = once(socket, 'connect', { signal: given.signal }).then(
    () => true,
    () => false,
  );
  const isConnected = await Promise.race([connected, wait(connectMs, false)]);
  given.abort();
  return isConnected;
}
