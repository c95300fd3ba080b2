import { fileTypesIn } from './file-types.ts';
import { stem, type Words } from './words.ts';

export type Complexity = 'low' | 'medium' | 'high';

const stemsOf = (words: string) => new Set(words.split(' ').map(stem));

/** What makes a task hard whatever its length. */
const hard = stemsOf(
  'architecture architect distributed concurrency concurrent deadlock race scalable scalability migrate migration security vulnerability encryption protocol compiler consensus transaction transactional asynchronous parallel multithreaded optimise performance algorithm proof prove theorem redesign rewrite overhaul microservice microservices integrate orchestration sharding replication consistency backward compatibility refactor benchmark profiling invariant distribue concurrence securite chiffrement repartition montee charge coherence demontrer',
);
/** What reaches over much. */
const wide = stemsOf(
  'entire whole every across codebase repository project system all complet complete end tout toute tous ensemble projet systeme',
);
/** What makes a task small. */
const easy = stemsOf(
  'typo rename hello hi thanks thank bonjour merci salut quick simple simply small short tiny trivial version print lint indent capital yes ok okay what who when date spelling rapide simple petit petite renomme orthographe affiche',
);
/** What makes something new. */
const making = stemsOf(
  'implement write build create develop design refactor debug generate add handle ecrire ajouter construire concevoir',
);
/** What adds a condition or a step. */
const further = stemsOf(
  'must should ensure also then after without while including except unless both additionally finally doit doivent aussi puis ensuite sans sauf egalement enfin',
);

/**
 * How demanding a task is, by what it asks for rather than by its length: hard subjects, reach, conditions and steps,
 * files named, against words of small tasks; length counts little. Below 1.5 points low, from 4 on high.
 */
export function complexityOf(text: string, words: Words): Complexity {
  const points = complexityPoints(text, words);
  if (points < 1.5) return 'low';
  return points < 4 ? 'medium' : 'high';
}

function complexityPoints(text: string, words: Words): number {
  const count = words.plain.length;
  const steps = text.match(/^\s*(?:[-*•]|\d+[.)])\s+\S/gm)?.length ?? 0;
  const hasCode = /```|^\s*at .+:\d+|Traceback \(most recent/m.test(text);
  return (
    Math.min(4.5, distinct(words, hard) * 1.5) +
    Math.min(1.5, distinct(words, wide) * 0.7) -
    Math.min(1.5, distinct(words, easy) * 0.8) +
    Math.min(2, distinct(words, further) * 0.5) +
    Math.min(1.2, distinct(words, making) * 0.6) +
    Math.min(2.5, steps * 0.5) +
    Math.min(1, fileTypesIn(text).length * 0.3) +
    (hasCode ? 0.8 : 0) +
    Math.min(2, Math.log2(1 + count / 12) * 0.6)
  );
}

function distinct(words: Words, among: ReadonlySet<string>): number {
  let found = 0;
  for (const each of words.positions.keys()) if (among.has(each)) found += 1;
  return found;
}
