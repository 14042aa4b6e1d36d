import { describeMutants } from './describe-mutants.ts';
import { credentials } from './porch/credentials.ts';
import { hopeless } from './porch/hopeless.ts';
import { images } from './porch/images.ts';
import { names } from './porch/names.ts';
import { pullSecret } from './porch/pull-secret.ts';
import { registries } from './porch/registries.ts';
import { replicas } from './porch/replicas.ts';
import { requests } from './porch/requests.ts';
import { service } from './porch/service.ts';
import { waiting } from './porch/waiting.ts';

/** The ways in which Porch's function runner fails its users, numbered as in its list. */
describeMutants('What Porch’s runner does wrong', [
  ...waiting,
  ...replicas,
  ...names,
  ...images,
  ...credentials,
  ...pullSecret,
  ...registries,
  ...hopeless,
  ...service,
  ...requests,
]);
