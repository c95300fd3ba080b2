import { describe, expect, it } from 'vitest';
import { complexityOf } from './complexity.ts';
import { taskTypeNamed, taskTypesOf } from './task-type.ts';
import { wordsOf } from './words.ts';

/** What people ask, by the kind of task that they would say it is. */
const asked: Record<string, string[]> = {
  code: [
    'Write a function that returns the longest palindrome of a string',
    'implement pagination for the /users endpoint',
    'Add a dark mode toggle to the settings component',
    'create a CLI script in Go that resizes images',
    'Écris une fonction qui trie une liste de dates',
    'Implémente le formulaire de connexion en React',
    'convert this class to TypeScript',
    'ajoute une méthode delete à la classe Store',
  ],
  debugging: [
    'Why does this crash with a null pointer exception?',
    'fix the bug in the date parser',
    'The login is broken since yesterday, find out what is wrong',
    'Debug this: TypeError: x is not a function',
    'corrige l’erreur dans le module de paiement',
    'le bouton ne marche pas, débogue-le',
    'tests fail on CI with a traceback, please fix',
  ],
  refactoring: [
    'Refactor the user service into smaller modules',
    'clean up this file and remove the duplication',
    'Simplify this function, keep its behaviour',
    'restructure the folder layout of the project',
    'refactorise la classe Panier',
  ],
  testing: [
    'write unit tests for the parser',
    'increase the test coverage of utils.py',
    'ajoute des tests unitaires pour le panier',
    'mock the HTTP client in these jest tests',
  ],
  review: ['review my pull request', 'do a code review of the last commit', 'audit this module for security problems'],
  documentation: [
    'Document the public API',
    'write a README for this project',
    'add docstrings to every function',
    'documente ce module',
    'update the changelog and the user guide',
  ],
  analysis: [
    'explain how the cache works',
    'Analyze the performance of this query',
    'help me understand this algorithm',
    'what does this regex do?',
    'explique-moi la boucle d’événements',
    'compare these two approaches',
    'Comment fonctionne le ramasse-miettes ?',
  ],
  design: [
    'design the architecture of a chat service',
    'propose a database schema for an online shop',
    'plan the migration and draw a diagram',
  ],
  creative: [
    'write a poem about the sea',
    'brainstorm names for a coffee shop',
    'tell me a short story about a robot',
    'raconte une histoire drôle',
    'write a catchy slogan for our product',
  ],
  translation: [
    'translate this paragraph into French',
    'traduis ce texte en anglais',
    'Translate the README to German',
  ],
  summarization: ['summarize this article', 'give me a tl;dr summary of the thread', 'résume ce document'],
  math: ['solve the equation 3x + 2 = 11', 'what is the probability of two sixes?', 'calcule l’intégrale de x^2'],
  operations: [
    'deploy the app to kubernetes',
    'commit and push these changes',
    'write a Dockerfile and a docker compose file',
    'rebase my branch on main',
  ],
  question: ['hello', 'thanks a lot!', 'What is the capital of Peru?', 'bonjour, ça va ?', 'who are you?'],
};

const cases = Object.entries(asked).flatMap(([type, texts]) => texts.map((text) => ({ type, text })));

describe('task types', () => {
  it('are told as people would, nine times in ten', () => {
    const missed = cases.filter(({ type, text }) => !taskTypesOf(wordsOf(text)).includes(type));
    expect(missed.length / cases.length, JSON.stringify(missed)).toBeLessThanOrEqual(0.1);
  });

  it('are more than length tells', () => {
    const ours = cases.filter(({ type, text }) => taskTypesOf(wordsOf(text))[0] === type).length;
    expect(ours).toBeGreaterThan(1.5 * bestByLength());
  });

  it.each([
    ['coding', 'code'],
    ['Code-Generation', 'code'],
    ['documentation', 'documentation'],
    ['debugging_tasks', 'debugging'],
    ['nonsense', undefined],
  ])('%s means %s', (written, type) => expect(taskTypeNamed(written)).toBe(type));

  it('see code in what is done to code', () => {
    expect(taskTypesOf(wordsOf('debug this function'))).toEqual(['debugging', 'code']);
  });
});

/** How many the best rule of the form "this kind for texts of this length" would tell, each length with its own kind. */
function bestByLength(): number {
  const byLength = new Map<number, Map<string, number>>();
  for (const { type, text } of cases) {
    const bucket = Math.floor(text.length / 10);
    const counts = byLength.get(bucket) ?? new Map<string, number>();
    counts.set(type, (counts.get(type) ?? 0) + 1);
    byLength.set(bucket, counts);
  }
  return [...byLength.values()].reduce((sum, counts) => sum + Math.max(...counts.values()), 0);
}

describe('complexity', () => {
  const levels: Record<string, string[]> = {
    low: [
      'hi',
      'fix the typo in the title',
      'What is the capital of France?',
      'rename the variable foo to bar',
      'list the files in this folder',
      'print the version',
      'what does HTTP mean',
      'merci !',
      'renomme cette variable',
      'montre-moi le README',
      'quelle version de node utilise ce projet ?',
      'show me the last five commits',
      'Could you please be so kind and tell me, if you happen to know it, what the current date is where I live at this very moment?',
    ],
    medium: [
      'add a search field to the list of users and filter while typing, then update the tests',
      'explique comment fonctionne le cache',
      'corrige le test qui échoue',
      'why is this endpoint slow?',
      'write a parser for this CSV format that must also handle quotes',
      'explain how the cache in store.ts and loader.ts works, then improve its performance',
    ],
    high: [
      'redesign the architecture for horizontal scalability across the entire system',
      'find the race condition between the workers and fix the deadlock without breaking backward compatibility',
      'migrate the whole codebase to async, ensure transactions stay consistent',
      'design a distributed consensus protocol with replication',
      'conçois l’architecture d’un système distribué',
      'implement OAuth',
      'prove the theorem, then optimise the algorithm',
      'réécris toute l’architecture du projet pour la montée en charge et la sécurité',
    ],
  };
  const all = Object.entries(levels).flatMap(([level, texts]) => texts.map((text) => ({ level, text })));

  it.each(all)('of "$text" is $level', ({ level, text }) => expect(complexityOf(text, wordsOf(text))).toBe(level));

  it('rises with steps and conditions', () => {
    const steps = 'Do this:\n1. add a field\n2. then store it\n3. then show it\n4. ensure it is tested\n5. document it';
    expect(complexityOf(steps, wordsOf(steps))).not.toBe('low');
  });
});
