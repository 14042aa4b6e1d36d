import type { Answer, Question } from './lookup.ts';
import type { Resolution } from './resolution.ts';

/** Where an answer came from; see `Freshness` in tag-cache.ts for the difference between the known ones. */
export type AnswerSource = 'registry' | 'cache' | 'stale' | 'fallback';

export function toResolution(image: string, question: Question, answer: Answer, source: AnswerSource): Resolution {
  const { connection, attempts, credential } = answer.entry;
  const { reference } = question;
  const warnings = [...question.warnings, ...answer.content.warnings, ...warningsOf(answer, source)];
  return Object.freeze({ ...answer.content, image, reference, connection, attempts, credential, warnings });
}

function warningsOf({ entry }: Answer, source: AnswerSource): readonly string[] {
  const unproven = `the tag was resolved over ${entry.connection}, which does not prove that the registry answered`;
  return [
    ...(entry.authenticated || entry.immutable ? [] : [unproven]),
    ...(source === 'fallback'
      ? ['the registry could not be asked: this is what the tag pointed at when it last could']
      : []),
  ];
}
