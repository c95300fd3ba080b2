import { fileTypesIn } from './file-types.ts';
import { stem, type Words } from './words.ts';

export type Complexity = 'low' | 'medium' | 'high';

/** What words tell of a task: how much work the verb asks for, what it is about, how far it reaches. */
const signs = {
  /** Makes something that was not there, or changes what much rests on. */
  building:
    'implement build develop design architect migrate restructure redesign rewrite overhaul optimise concevoir construire migre reecris reecrire',
  /** Needs reading and judging, or makes a part. */
  working:
    'write create generate add refactor convert integrate handle extend support configure deploy explain why how analyse compare debug investigate fix improve update describe evaluate understand review difference summarise crash fail bug ajoute ajouter pourquoi ameliore ameliorer decris',
  /** Only looks something up, or runs it. */
  looking: 'what who when where which is show list open run check count find read tell liste montre affiche',
  /** What makes a task hard whatever its length. */
  hard: 'architecture distributed concurrency concurrent deadlock race scalable scalability migration security auth authentication authorization oauth vulnerability breach compliance encrypt encryption protocol compiler consensus transaction transactional asynchronous async parallel multithreaded algorithm proof prove theorem microservice microservices orchestration sharding replication consistency backward backwards compatibility invariant profiling benchmark websocket monorepo reasoning carefully distribue concurrence securite chiffrement repartition montee charge coherence demontrer authentification',
  /** What reaches over much. */
  wide: 'entire whole every across codebase repository project system platform framework application infrastructure pipeline backend frontend dashboard all comprehensive complet complete end tout toute tous ensemble projet systeme',
  /** What makes a task small. */
  small:
    'typo rename many much hello hi thanks thank bonjour merci salut quick simple simply small short tiny trivial version print indent capital yes ok okay date spelling line newline variable button here rapide simple petit petite renomme orthographe ligne bouton ici',
  /** What adds a condition or a step. */
  further:
    'must should ensure also then after without while including except unless both additionally finally doit doivent aussi puis ensuite sans sauf egalement enfin',
} as const;

type Sign = keyof typeof signs;

/**
 * How demanding a task is, by what it asks for more than by its length: the work that its verbs name, hard subjects, reach,
 * conditions and steps, files named, against words of small tasks. Below 1.5 points low, from 4 on high.
 */
export function complexityOf(text: string, words: Words): Complexity {
  const points = complexityPoints(text, words);
  if (points < 1.5) return 'low';
  return points < 4 ? 'medium' : 'high';
}

function complexityPoints(text: string, words: Words): number {
  const found = countSigns(words);
  const verbs = found.building + found.working;
  const work = found.building > 0 ? 2.6 : verbs > 0 ? 1.3 : found.looking > 0 ? -0.8 : 0;
  const steps = text.match(/^\s*(?:[-*•]|\d+[.)])\s+\S/gm)?.length ?? 0;
  const listed = text.match(/,\s/g)?.length ?? 0;
  const hasCode = /```|^\s*at .+:\d+|Traceback \(most recent/m.test(text);
  return (
    work +
    Math.min(1.2, Math.max(0, verbs - 1) * 0.4) +
    Math.min(4.2, found.hard * 1.4) +
    Math.min(1.6, found.wide * 0.8) -
    Math.min(1.6, found.small * 0.8) +
    Math.min(1.6, found.further * 0.4) +
    Math.min(2.5, steps * 0.5) +
    Math.min(1, listed * 0.25) +
    Math.min(1, fileTypesIn(text).length * 0.3) +
    (hasCode ? 0.8 : 0) +
    Math.min(2.5, Math.log2(1 + words.plain.length / 12) * 0.8)
  );
}

let signsByStem: ReadonlyMap<string, readonly Sign[]> | undefined;

/** How many different words of each sign a text has. */
function countSigns(words: Words): Record<Sign, number> {
  signsByStem ??= compile();
  const found: Record<Sign, number> = { building: 0, working: 0, looking: 0, hard: 0, wide: 0, small: 0, further: 0 };
  for (const each of words.positions.keys()) for (const sign of signsByStem.get(each) ?? []) found[sign] += 1;
  return found;
}

function compile(): ReadonlyMap<string, readonly Sign[]> {
  const byStem = new Map<string, Sign[]>();
  for (const [sign, list] of Object.entries(signs) as [Sign, string][]) {
    for (const each of new Set(list.split(' ').map(stem))) byStem.set(each, [...(byStem.get(each) ?? []), sign]);
  }
  return byStem;
}
