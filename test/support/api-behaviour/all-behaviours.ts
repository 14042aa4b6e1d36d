import { accessBehaviours } from './access-behaviours.ts';
import type { Behaviour } from './api-under-test.ts';
import { deletionBehaviours } from './deletion-behaviours.ts';
import { objectBehaviours } from './object-behaviours.ts';
import { watchBehaviours } from './watch-behaviours.ts';

export const allBehaviours: readonly Behaviour[] = [
  ...objectBehaviours,
  ...deletionBehaviours,
  ...watchBehaviours,
  ...accessBehaviours,
];
