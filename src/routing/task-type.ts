import { stem, type Words } from './words.ts';

/** The kinds of task, and the words that speak for each: `word:weight`, a phrase with `_`; the weight is 1 where none is said. */
const signs: Readonly<Record<TaskType, string>> = {
  code: 'implement:2 code:1 program:1 function:1 write_code:3 write_function:3 create_function:3 script:1 endpoint:1 add:1 build:1 component:1 class:1 feature:1 method:1 api:0.5 develop:2 write:0.5 make:0.5 create:0.5 parser:1 algorithm:1 regex:1 query:0.5 migrate:1 convert:1 replace:1 change:0.5 update:0.5 modify:0.5 modifier:0.5 remove:0.5 remplace:1 supprime:0.5 delete:0.5 supprimer:0.5 integrate:1 generate_code:3 snippet:1 hook:0.5 module:0.5 install:0.5 configure:0.5 flag:1 option:0.5 command:0.5 support:0.5 handle:0.5 improve:0.8 set_up:1 use:0.5 utilise:0.5 python:1 javascript:1 typescript:1 html:1 css:1 java:1 rust:1 golang:1 sql:1 react:1 website:1 array:1 binary_tree:1',
  debugging:
    'debug:3 bug:2 fix:2 error:1.5 exception:2 crash:2 traceback:3 stacktrace:3 stack_trace:3 fail:1.5 failure:1.5 test_fail:2 fail_test:2 broken:2 not_work:3 doesn_t_work:3 isn_t:1 can_t:1 won_t:1 wrong:1 issue:1 erreur:1.5 planter:1.5 plante:1.5 echoue:1.5 echouent:1.5 marche_pas:3 fonctionne_pas:3 passe_pas:3 passent_pas:3 segfault:3 segmentation_fault:3 undefined:1 leak:2 troubleshoot:3 diagnose:2 why_fail:3 regression:1.5 panne:2 hang:1.5 freeze:1.5 stuck:1.5 timeout:1.5 occasionally:1 intermittent:1.5 sometimes:1 slow:1.5 lent:1.5 incorrect:1 unexpected:1 typeerror:3 valueerror:3 keyerror:3 indexerror:3 syntaxerror:3 referenceerror:3 attributeerror:3 importerror:3 runtimeerror:3 nullpointerexception:3',
  refactoring:
    'refactor:3 restructure:2 restructurer:2 cleanup:2 clean_up:2 simplify:1.5 extract:1 extraire:1 deduplicate:2 duplicate:1 duplication:1 modernise:1.5 reorganise:2 tidy:2 rework:1.5 nettoyer:1.5 split_into:1.5 readable:1 readability:1 maintainable:1 improve_code:2 dead_code:2 unused:1.5 optimise:1 rename:1.5 inline:1 move_to:1.5 deplace:1.5 decouple:2',
  testing:
    'test:2 unit_test:3 integration_test:3 write_test:2 add_test:2 test_case:2 coverage:2 couverture:2 flaky:2 mock:2 e2e:3 jest:2 pytest:3 vitest:3 spec:1 fixture:1.5 assertion:1.5 unitaire:2 verify:1',
  review:
    'review:3 pull_request:1.5 pr:1 code_review:3 feedback:2.5 critique:1.5 audit:2 check_code:2 look_over:2 evaluate:1 vulnerability:1',
  documentation:
    'document:3 readme:3 docstring:3 jsdoc:3 javadoc:3 changelog:2.5 comment:2.5 tutorial:2 tutoriel:2 guide:2 manual:1 write_document:3 explain:1 wiki:2 annotate:1.5 describe:0.8 decrire:0.8 decris:0.8 decrivez:0.8',
  analysis:
    'analyse:3 explain:2 understand:2 investigate:2 research:2 compare:1.5 how_does:1.5 how_do:0.8 how_work:2 what_does:2 why:1 examine:2 assess:1.5 trace:1 explore:1 profile:1.5 inspect:1.5 walk_through:2 teach:1.5 show_how:2 comment?_marche:2 comment?_fonctionne:2 comment?:0.8 que_fait:2 quoi_sert:2 pourquoi:1 study:1 etudier:1.5 trade_off:1.5 tradeoff:1.5 pros_cons:2 difference:1 describe:1.2 decrire:1.2 decris:1.2 decrivez:1.2 overview:1.5 identify:1',
  design:
    'design:2.5 architecture:2.5 architect:2.5 plan:1.5 schema:1 propose:1 proposer:1 blueprint:2 structure:0.8 approach:1 how_should:1.5 strategy:1.5 strategie:1.5 roadmap:2 diagram:1.5 adr:2 rfc:2 wireframe:2.5 mockup:2.5 technology_stack:2 tech_stack:2',
  creative:
    'brainstorm:3 story:3 poem:3 poeme:3 slogan:3 tagline:3 creative:2 idea:2 imagine:2 lyrics:3 song:2 joke:3 fiction:3 marketing:1.5 blog:1.5 essay:2 invent:2 inventer:2 histoire:2.5 haiku:2 invitation:1 name_for:2 speech:1.5 blague:3 chanson:2 email:1.5 letter:2 lettre:2 movie:2 film:2 podcast:2 conte:2 tale:2 novel:1.5 paragraph:1.5 headline:2 character:0.8 persuasive:1.5 compose:1.5 draft:2 article:1',
  translation:
    'translate:3 localise:1.5 english:0.8 french:0.8 spanish:0.8 german:0.8 into_french:3 into_english:3 francais:0.8 anglais:0.8 espagnol:0.8 allemand:0.8',
  summarization:
    'summarise:3 summary:3 tldr:3 recap:2.5 condense:2 digest:1.5 shorten:1.5 synthesis:2 synthese:2 abstract:1 key_points:2 bullet_points:1',
  math: 'calculate:2 compute:1 equation:2.5 integral:2.5 derivative:2.5 prove:2 theorem:3 theoreme:3 probability:2 probabilite:2 solve:1.5 matrix:1 arithmetic:2 resoudre:1.5 percent:1.5 sum_of:1.5 demontrer:2 how_many:1.2 combien:1 area:1 triangle:1.5 remainder:2 reste:0.5 inequality:2.5 fraction:1.5 divide:1 square_root:2 total_cost:1.5 average:1 moyenne:1',
  operations:
    'deploy:3 deployer:3 docker:2 dockerfile:2 upgrade:1 bump:1.5 kubernetes:2.5 ci:1.5 pipeline:1.5 helm:2.5 terraform:3 nginx:2 server:0.5 commit:1.5 git:1.5 push:1.5 merge:1 rebase:2 branch:1 release:1.5 create_pull_request:3 open_pull_request:3 create_pr:3 open_pr:3 provision:2 ansible:3 cron:1.5 monitor:1 backup:1.5 rollback:2 run:0.6 start:0.5 bash:1 shell:1 ssh:2',
  question:
    'what_is:0.6 what_are:0.6 who:1.2 when:0.4 where:0.5 which:0.5 stand_for:3 hello:2 hi:2 thank:2 thanks:2 bonjour:2 merci:2 salut:2 qu_est:0.8 quel:0.6 quelle:0.6 capital:1.5 capitale:1.5 weather:2 recommend:1 should_i:1',
};

export type TaskType =
  | 'code'
  | 'debugging'
  | 'refactoring'
  | 'testing'
  | 'review'
  | 'documentation'
  | 'analysis'
  | 'design'
  | 'creative'
  | 'translation'
  | 'summarization'
  | 'math'
  | 'operations'
  | 'question';

/** Names that configurations use for the same. */
const otherNames: Readonly<Record<string, string>> = {
  coding: 'code',
  code_generation: 'code',
  programming: 'code',
  development: 'code',
  implementation: 'code',
  debug: 'debugging',
  bugfix: 'debugging',
  bug_fix: 'debugging',
  troubleshooting: 'debugging',
  refactor: 'refactoring',
  test: 'testing',
  tests: 'testing',
  code_review: 'review',
  reviewing: 'review',
  docs: 'documentation',
  documenting: 'documentation',
  analyze: 'analysis',
  analyse: 'analysis',
  explanation: 'analysis',
  research: 'analysis',
  architecture: 'design',
  planning: 'design',
  plan: 'design',
  writing: 'creative',
  brainstorming: 'creative',
  generation: 'creative',
  translate: 'translation',
  summary: 'summarization',
  summarisation: 'summarization',
  summarize: 'summarization',
  mathematics: 'math',
  devops: 'operations',
  ops: 'operations',
  deployment: 'operations',
  chat: 'question',
  conversation: 'question',
  qa: 'question',
  general: 'question',
};

/** Every name that a condition may use. */
export const taskTypes: readonly string[] = Object.keys(signs);

/** The kind of task that a configured name means; undefined for a name that no task ever has. */
export function taskTypeNamed(written: string): string | undefined {
  const name = written
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_')
    .replace(/_tasks?$/, '');
  return taskTypes.includes(name) ? name : otherNames[name];
}

/** Debugging, refactoring and testing are done in code: a condition on `code` takes them too. */
const alsoCode = new Set<string>(['debugging', 'refactoring', 'testing']);
/** A kind within this share of the best is told too. */
const nearBest = 0.85;
/** The first words of a request say what is wanted, above all a verb that opens it; what stands later is what it is about. */
const leadWords = 6;
const leadFactor = 1.6;
const openingFactor = 2.2;

/**
 * The kinds of task that a text asks for, likeliest first; `question` where nothing speaks for another. Each sign counts
 * once, more among the first words; kinds that come close to the best are told as well.
 */
export function taskTypesOf(words: Words): string[] {
  const scores = scoresOf(words);
  const best = Math.max(...scores);
  if (best === 0) return ['question'];
  const types = taskTypes
    .map((type, index) => ({ type, score: scores[index]! }))
    .filter(({ score }) => score >= best * nearBest)
    .sort((a, b) => b.score - a.score)
    .map(({ type }) => type);
  if (!types.includes('code') && alsoCode.has(types[0]!)) types.push('code');
  return types;
}

/** What speaks for each type, in the order of `taskTypes`. */
function scoresOf(words: Words): number[] {
  signsByFirstStem ??= compile();
  const scores = taskTypes.map(() => 0);
  for (const first of words.positions.keys()) {
    for (const { type, stems, weight } of signsByFirstStem.get(first) ?? []) {
      const at = firstPosition(stems, words);
      if (at === undefined) continue;
      scores[type]! += weight * (at === 0 ? openingFactor : at < leadWords ? leadFactor : 1);
    }
  }
  return scores;
}

interface Sign {
  /** Index in `taskTypes`. */
  type: number;
  stems: readonly string[];
  weight: number;
}

let signsByFirstStem: ReadonlyMap<string, readonly Sign[]> | undefined;

/** Read on first use. Words of one stem are one sign of a type: the heaviest. */
function compile(): ReadonlyMap<string, readonly Sign[]> {
  const distinct = new Map<string, Sign>();
  for (const [type, list] of Object.values(signs).entries()) {
    for (const sign of list.split(' ').map((written) => readSign(written, type))) {
      const key = `${type} ${sign.stems.join(' ')}`;
      if (sign.weight > (distinct.get(key)?.weight ?? 0)) distinct.set(key, sign);
    }
  }
  const byFirst = new Map<string, Sign[]>();
  for (const sign of distinct.values()) {
    const [first] = sign.stems as [string];
    const known = byFirst.get(first);
    if (known) known.push(sign);
    else byFirst.set(first, [sign]);
  }
  return byFirst;
}

function readSign(written: string, type: number): Sign {
  const [phrase, weight] = written.split(':') as [string, string | undefined];
  const stems = phrase
    .split('_')
    .filter(Boolean)
    .map((word) => (word.endsWith('?') ? word : stem(word)));
  return { type, stems, weight: weight === undefined ? 1 : Number(weight) };
}

/** Where the words of a sign first stand together, at most two others between neighbours. */
function firstPosition(stems: readonly string[], words: Words): number | undefined {
  const starts = words.positions.get(stems[0]!);
  if (stems.length === 1 || starts === undefined) return starts?.[0];
  return starts.find((start) => {
    let previous = start;
    return stems.slice(1).every((each) => {
      const next = words.positions.get(each)?.find((at) => at > previous && at <= previous + 3);
      previous = next ?? previous;
      return next !== undefined;
    });
  });
}
