import connect from 'undici/lib/api/api-connect.js';
import request from 'undici/lib/api/api-request.js';
import buildConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';

/*
 * The parts of undici that are used, without the rest of it: its index also loads fetch, WebSocket, caches and mocks,
 * which was a third of what the `resolve` command did in all. The index gives dispatchers their methods like this;
 * `connect` is what undici's own ProxyAgent calls.
 */
Object.assign(Dispatcher.prototype, { connect, request });

export { Agent, buildConnector, Pool, ProxyAgent };
