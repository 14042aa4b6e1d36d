import { canaries, type entries } from './canaries.ts';
import { type Answering, echoing, echoingText, giveToken, type HostileServers } from './hostile-servers.ts';

/** One way in which a registry and its helpers treat us. */
export interface Scenario {
  readonly what: string;
  readonly credentials: keyof typeof entries;
  /** Secrets that have to reach a server, or the scenario shows nothing. */
  readonly sends: readonly (keyof typeof canaries)[];
  arrange(servers: HostileServers): void;
}

const basic = { 'www-authenticate': 'Basic realm="canary"' };

export const scenarios: readonly Scenario[] = [
  {
    what: 'takes the password',
    credentials: 'basic',
    sends: ['password'],
    arrange: (servers) => answer(servers, whenAuthorized(pass(servers), challenge('Basic realm="canary"'))),
  },
  ...[401, 403, 400, 404, 429, 500].map((status): Scenario => ({
    what: `answers ${String(status)} and gives the password back`,
    credentials: 'basic',
    sends: ['password'],
    arrange: (servers) =>
      answer(servers, whenAuthorized(echoing(status, status === 401 ? basic : {}), challenge('Basic realm="canary"'))),
  })),
  ...[401, 403, 502].map((status): Scenario => ({
    what: `answers ${String(status)} and gives the password back as plain text`,
    credentials: 'basic',
    sends: ['password'],
    arrange: (servers) => answer(servers, whenAuthorized(echoingText(status), challenge('Basic realm="canary"'))),
  })),
  {
    what: 'asks for a token and takes it',
    credentials: 'basic',
    sends: ['password', 'bearerToken'],
    arrange: (servers) => answer(servers, whenAuthorized(pass(servers), challenge(servers.bearer))),
  },
  ...[401, 403, 404, 500].map((status): Scenario => ({
    what: `asks for a token, answers ${String(status)} and gives the token back`,
    credentials: 'basic',
    sends: ['password', 'bearerToken'],
    arrange: (servers) => answer(servers, whenAuthorized(echoing(status), challenge(servers.bearer))),
  })),
  {
    what: 'asks for a token and challenges with it again',
    credentials: 'basic',
    sends: ['password', 'bearerToken'],
    arrange: (servers) =>
      answer(servers, (request, response) => {
        const echo = (request.headers.authorization ?? 'none').replaceAll('"', '');
        echoing(401, { 'www-authenticate': `${servers.bearer},error="${echo}",error_description="${echo}"` })(
          request,
          response,
        );
      }),
  },
  ...[401, 403, 400, 500].map((status): Scenario => ({
    what: `has a token service that answers ${String(status)} and gives the password back`,
    credentials: 'basic',
    sends: ['password'],
    arrange: (servers) => tokenService(servers, echoing(status)),
  })),
  {
    what: 'has a token service whose answer is cut short within the token',
    credentials: 'basic',
    sends: ['password'],
    arrange: (servers) => tokenService(servers, (_, response) => response.end(`{"token":"${canaries.bearerToken}`)),
  },
  {
    what: 'has a token service that puts control characters into the token',
    credentials: 'basic',
    sends: ['password'],
    arrange: (servers) =>
      tokenService(servers, (_, response) =>
        response.end(JSON.stringify({ token: `${canaries.bearerToken}\r\nX-A: b` })),
      ),
  },
  {
    what: 'has a token service that redirects with the password in the query',
    credentials: 'basic',
    sends: ['password'],
    arrange: (servers) =>
      tokenService(servers, (_, response) =>
        response
          .writeHead(307, { location: `${servers.storage.url}/?p=${encodeURIComponent(canaries.password)}` })
          .end(),
      ),
  },
  {
    what: 'has a realm with a secret in its query that answers nothing',
    credentials: 'basic',
    sends: ['signature'],
    arrange: (servers) => {
      servers.tokenBehaviour = (_, response) => response.destroy();
      const realm = `Bearer realm="${servers.tokens.url}/token?sig=${canaries.signature}",service="registry"`;
      answer(servers, challenge(realm));
    },
  },
  {
    what: 'has a realm with user information, over plaintext, that may not be used',
    credentials: 'basic',
    sends: [],
    arrange: (servers) =>
      answer(
        servers,
        challenge(`Bearer realm="http://u:${canaries.userInfo}@127.0.0.1:1/token?sig=${canaries.signature}"`),
      ),
  },
  {
    what: 'has a token service that takes the identity token',
    credentials: 'identity',
    sends: ['identityToken', 'bearerToken'],
    arrange: (servers) => answer(servers, whenAuthorized(echoing(403), challenge(servers.bearer))),
  },
  {
    what: 'has a token service that gives the identity token back',
    credentials: 'identity',
    sends: ['identityToken'],
    arrange: (servers) => tokenService(servers, echoing(401)),
  },
  {
    what: 'gives the registry token back',
    credentials: 'registry',
    sends: ['registryToken'],
    arrange: (servers) => answer(servers, whenAuthorized(echoing(403), challenge(servers.bearer))),
  },
  {
    what: 'would get a credential that cannot be read',
    credentials: 'broken',
    sends: [],
    arrange: (servers) => answer(servers, challenge('Basic realm="canary"')),
  },
  {
    what: 'sends blobs elsewhere under a signature',
    credentials: 'none',
    sends: ['signature'],
    arrange: (servers) => storage(servers, (_, response) => response.writeHead(200).end('not the blob')),
  },
  ...[400, 403, 404, 503].map((status): Scenario => ({
    what: `sends blobs to a storage that answers ${String(status)} and gives the signature back`,
    credentials: 'none',
    sends: ['signature'],
    arrange: (servers) => storage(servers, echoing(status)),
  })),
  {
    what: 'sends blobs to a storage that hangs up',
    credentials: 'none',
    sends: ['signature'],
    arrange: (servers) => storage(servers, (_, response) => response.destroy()),
  },
  {
    what: 'sends blobs to a storage that sends them on for ever',
    credentials: 'none',
    sends: ['signature'],
    arrange: (servers) =>
      storage(servers, (_, response) => response.writeHead(302, { location: servers.signedUrl }).end()),
  },
  ...[
    ['a port that is closed', `https://127.0.0.1:1/blob?sig=${canaries.signature}`],
    ['plaintext', `http://127.0.0.1:1/blob?sig=${canaries.signature}`],
    ['user information', `https://u:${canaries.userInfo}@127.0.0.1:1/blob?sig=${canaries.signature}`],
    ['no URL', `https://[${canaries.userInfo}/?sig=${canaries.signature}`],
    ['another scheme', `ftp://${canaries.userInfo}/?sig=${canaries.signature}`],
    ['metadata', `https://169.254.169.254/?sig=${canaries.signature}`],
  ].map(([what = '', location = '']): Scenario => ({
    what: `sends blobs to ${what}, under a signature`,
    credentials: 'none',
    sends: [],
    arrange: (servers) => answer(servers, blobsTo(servers, location)),
  })),
];

function answer(servers: HostileServers, answering: Answering): void {
  servers.registry.behave(answering);
}

function tokenService(servers: HostileServers, answering: Answering): void {
  servers.tokenBehaviour = answering;
  answer(servers, challenge(servers.bearer));
}

function storage(servers: HostileServers, answering: Answering): void {
  servers.storageBehaviour = answering;
  servers.tokenBehaviour = giveToken;
  answer(servers, blobsTo(servers, servers.signedUrl));
}

function challenge(text: string): Answering {
  return (_, response) => response.writeHead(401, { 'www-authenticate': text }).end();
}

function whenAuthorized(authorized: Answering, otherwise: Answering): Answering {
  return (request, response) => {
    (request.headers.authorization === undefined ? otherwise : authorized)(request, response);
  };
}

function pass({ registry }: HostileServers): Answering {
  return (request, response) => registry.answer(request, response);
}

function blobsTo(servers: HostileServers, location: string): Answering {
  return (request, response) => {
    if (request.target.includes('/blobs/')) response.writeHead(307, { location }).end();
    else pass(servers)(request, response);
  };
}
