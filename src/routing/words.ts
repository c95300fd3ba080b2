/** A text as its words in order: folded (no accents, no capitals), and by their stems. */
export interface Words {
  plain: readonly string[];
  stems: readonly string[];
  /** Positions of each stem. */
  positions: ReadonlyMap<string, readonly number[]>;
}

/** How much of a text is read: a person's first words say what is wanted; what is pasted behind them does not. */
const mostWords = 4000;

/** The words of a text. Code between fences is no prose and is left out. */
export function wordsOf(text: string): Words {
  const plain = (fold(withoutFences(text)).match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, mostWords);
  const french = isFrench(plain);
  const stems = plain.map((word) => (french ? frenchStem(word) : stem(word)));
  const positions = new Map<string, number[]>();
  stems.forEach((each, at) => {
    const known = positions.get(each);
    if (known) known.push(at);
    else positions.set(each, [at]);
  });
  return { plain, stems, positions };
}

/** Lower case, without accents, with plain apostrophes. */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{M}+/gu, '')
    .toLowerCase()
    .replaceAll(/[’ʼ]/g, "'");
}

/**
 * What inflected forms of a word share, in English and French alike: `implements`, `implementing`, `implémentation` and
 * `implémentez` give `implement`. A folded word goes in. It need not be a word, only the same for what belongs together.
 */
export function stem(word: string): string {
  const known = irregular.get(word);
  if (known !== undefined) return known;
  if (word.length < 4) return word;
  // British and French spelling: analyze, optimize.
  let root = word.replace(/yz(?=[eai])/, 'ys').replace(/iz(?=[eai])/, 'is');
  for (const suffix of suffixes) {
    if (!root.endsWith(suffix)) continue;
    const rest = root.slice(0, -suffix.length);
    if (rest.length < 3 || !/[aeiouy]/.test(rest)) continue;
    root = rest;
    break;
  }
  root = root.replace(/([bcdfghjklmnpqrstvwxz])\1$/, '$1').replace(/i$/, 'y');
  return sameMeaning.get(root) ?? root;
}

/** In French `comment` asks how, and to resume is to sum up. */
function frenchStem(word: string): string {
  if (word === 'comment') return 'comment?';
  const root = stem(word);
  return root === 'resum' ? 'summar' : root;
}

function isFrench(words: readonly string[]): boolean {
  let french = 0;
  let english = 0;
  for (const word of words) {
    if (frenchWords.has(word)) french += 1;
    else if (englishWords.has(word)) english += 1;
  }
  return french > english;
}

function withoutFences(text: string): string {
  return text.includes('```') ? text.replaceAll(/```[^\n]*\n[\s\S]*?(?:```|$)/g, '\n') : text;
}

/** Longest first. */
const suffixes = [
  ...['isations', 'isation', 'ifications', 'ification'],
  ...['ationnel', 'ations', 'ation', 'ements', 'ating', 'atrice', 'ateurs', 'ateur'],
  ...['aires', 'aire', 'ates', 'ated', 'iser', 'isez', 'ises', 'ised', 'ising', 'isee', 'ise'],
  ...['ate', 'ator', 'ings', 'ing', 'ions', 'ion', 'ers', 'ees', 'ons', 'ies', 'ied'],
  ...['er', 'ez', 'ed', 'es', 'ee', 'is', 'e', 's'],
].sort((a, b) => b.length - a.length);

const irregular = new Map<string, string>();
const addForms = (root: string, forms: string) => {
  for (const form of forms.split(' ')) irregular.set(form, root);
};
addForms('writ', 'write writes writing written wrote ecrire ecris ecrit ecrivez ecrivons redige rediger redigez');
addForms('understand', 'understood understands understanding comprendre comprends comprend comprenez comprehension');
addForms('explain', 'explanation explanations explication explications explicatif');
addForms('fix', 'fix fixes fixed fixing corrige corriger corrigez correction repare reparer reparez');
addForms('test', 'test tests testing tested teste tester testez');
addForms('build', 'build builds built building');
addForms('find', 'find finds found finding trouve trouver trouvez');
addForms('make', 'make makes made making fais fait faire faites');
addForms('design', 'design designs designed designing concevoir concois concevez conception');
addForms('developer', 'developer developers developpeur developpeurs');
addForms('designat', 'designate designates designated designating designation');
addForms('review', 'review reviews reviewed reviewing reviewer revoir revois relis relire relisez');
addForms('code', 'code codes coding coded coder codage');
addForms('bug', 'bug bugs bogue bogues');
addForms('document', 'docs doc');
addForms('idea', 'idea ideas idee idees');
addForms('add', 'add adds added adding ajoute ajouter ajoutez ajout');
addForms('typo', 'typo typos coquille coquilles');

/** The same task in the other language, by stems. */
const sameMeaning = new Map([
  ['expliqu', 'explain'],
  ['debog', 'debug'],
  ['debugu', 'debug'],
  ['debogag', 'debug'],
  ['debogu', 'debug'],
  ['cre', 'creat'],
  ['gener', 'generat'],
  ['refactoris', 'refactor'],
  ['refactory', 'refactor'],
  ['tradu', 'translat'],
  ['traduir', 'translat'],
  ['traduy', 'translat'],
  ['traduis', 'translat'],
  ['traduct', 'translat'],
  ['transl', 'translat'],
  ['summary', 'summar'],
  ['summaris', 'summar'],
  ['renom', 'renam'],
  ['fonct', 'funct'],
]);

const setOf = (words: string) => new Set(words.split(' '));
const frenchWords = setOf(
  'le la les un une des du et ou est sont pour dans avec sur ce cette ces que qui ne pas je tu il nous vous mon ma mes ton ta tes son sa ses au aux par plus fait faire',
);
const englishWords = setOf(
  'the a an of and or is are to in with on this that these it not i you he we they my your his its at by from for be do does how what why can please',
);
