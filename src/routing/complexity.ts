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
    'write create generate add refactor convert integrate handle extend support configure deploy explain why how analyse compare debug investigate fix improve update describe evaluate understand review difference summarise crash fail bug ajoute ajouter pourquoi ameliore ameliorer decris comment?',
  /** Only looks something up, or runs it. */
  looking:
    'what who when where which is show list open run check count find read tell quel quelle cherche lance liste montre affiche',
  /** What makes a task hard whatever its length. */
  hard: 'architecture distributed concurrency concurrent deadlock race scalable scalability migration security auth authentication authorization oauth vulnerability breach compliance encrypt encryption protocol compiler consensus transaction transactional asynchronous async parallel multithreaded algorithm proof prove theorem microservice microservices orchestration sharding replication consistency backward backwards compatibility invariant profiling benchmark websocket monorepo reasoning carefully idempotent idempotency failover outage tenant multitenant durable durability replay threat rollback latency throughput distribue concurrence securite chiffrement repartition montee charge coherence demontrer authentification',
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
 * How demanding a task is: the work that its verbs name, hard subjects and reach, against words of small tasks. Conditions,
 * steps and length count less, and never make a task high by themselves. Below 1.75 points low, from 4.5 on high.
 */
export function complexityOf(text: string, words: Words): Complexity {
  const points = complexityPoints(text, words);
  if (points < 1.75) return 'low';
  return points < 4.5 ? 'medium' : 'high';
}

/** Higher is harder. The weights were fitted to labelled prompts and rounded, see docs/decisions/025. */
export function complexityPoints(text: string, words: Words): number {
  const found = countSigns(words);
  const verbs = found.building + found.working;
  const work = found.building > 0 ? 2.9 : verbs > 0 ? 1.4 : found.looking > 0 ? -0.9 : 0;
  return (
    work +
    1.7 * Math.min(3, found.hard) +
    0.9 * Math.min(2, found.wide) -
    0.9 * Math.min(2, found.small) +
    Math.min(3, extent(text, words) + 0.5 * Math.max(0, verbs - 1) + 0.4 * found.further)
  );
}

/** What there is to read, list and keep in mind. */
function extent(text: string, words: Words): number {
  const letters = words.plain.reduce((sum, word) => sum + word.length + 1, 0);
  const steps = text.match(/^\s*(?:[-*•]|\d+[.)])\s+\S/gm)?.length ?? 0;
  const listed = text.match(/,\s/g)?.length ?? 0;
  const hasCode = /```|^\s*at .+:\d+|Traceback \(most recent/m.test(text);
  return (
    1.3 * Math.log2(1 + letters / 60) +
    0.5 * (steps + listed) +
    0.2 * Math.min(3, fileTypesIn(text).length) +
    (hasCode ? 0.8 : 0)
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
