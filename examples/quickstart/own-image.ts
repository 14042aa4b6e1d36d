/** What to type next: the same with an image of one's own. */
export const ownImageLines: readonly string[] = [
  '',
  'The same with your own image, from a checkout:',
  '',
  '  npm run --silent function-runner -- resolve REGISTRY/YOUR-FUNCTION:TAG',
  '  npm run --silent function-runner -- evaluate REGISTRY/YOUR-FUNCTION:TAG -f DIRECTORY KEY=VALUE',
  '',
  'From a private registry, with the logins of docker or podman and a folder that holds its authority as ca.crt, add:',
  '',
  '  --enable-private-registries --registry-auth-secret-path=$HOME/.docker/config.json \\',
  '  --enable-private-registries-tls --tls-secret-path=DIRECTORY',
  '',
  'And as the service that Porch calls, on its port:',
  '',
  '  npm run --silent function-runner -- --port=9445',
];
