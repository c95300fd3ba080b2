import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { documentsOf, filesIn, problemsOf, read, root } from './documents.ts';

const text = z.string().min(1);
const permissions = z.partialRecord(
  z.enum(['attestations', 'contents', 'id-token', 'packages']),
  z.enum(['read', 'write']),
);
const step = z
  .strictObject({
    name: text.optional(),
    id: text.optional(),
    uses: text.optional(),
    run: text.optional(),
    with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    env: z.record(z.string(), z.string()).optional(),
  })
  .refine(({ uses, run }) => (uses === undefined) !== (run === undefined), 'a step uses an action or runs a line');
const job = z.strictObject({
  needs: z.union([text, z.array(text)]).optional(),
  strategy: z
    .strictObject({ 'fail-fast': z.boolean(), matrix: z.record(z.string(), z.array(z.union([text, z.number()]))) })
    .optional(),
  'runs-on': text,
  'timeout-minutes': z.number().int().max(60),
  permissions: permissions.optional(),
  steps: z.array(step).min(1),
});
const workflow = z.strictObject({
  name: text,
  on: z.strictObject({
    push: z.strictObject({ branches: z.array(text).optional(), tags: z.array(text).optional() }),
    pull_request: z.null().optional(),
  }),
  permissions: z.strictObject({ contents: z.literal('read') }),
  concurrency: z.strictObject({ group: text, 'cancel-in-progress': z.boolean() }).optional(),
  jobs: z.record(z.string(), job),
});

const workflows = filesIn('.github/workflows', /\.yml$/).map((file) => {
  const [document] = documentsOf(read(file));
  return { file, document, jobs: workflow.safeParse(document).data?.jobs ?? {} };
});

describe.each(workflows)('$file', ({ document, jobs }) => {
  const steps = Object.values(jobs).flatMap((entry) => entry.steps);

  it('holds nothing but known fields', () => {
    expect(problemsOf(document, workflow)).toEqual([]);
  });

  it('waits for jobs that it has', () => {
    for (const { needs = [] } of Object.values(jobs))
      for (const name of [needs].flat()) expect(jobs).toHaveProperty(name);
  });

  it('uses actions of a fixed version', () => {
    const used = steps.flatMap(({ uses }) => (uses === undefined ? [] : [uses]));
    expect(used.filter((action) => !/^[\w-]+\/[\w-]+@(v\d+|release\/v\d+|[0-9a-f]{40})$/.test(action))).toEqual([]);
  });

  it('runs scripts that package.json has, and names files that are there', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const lines = steps.map(({ run = '' }) => run).join('\n');
    for (const [, name] of lines.matchAll(/npm run (?:--silent )?([\w:]+)/g)) expect(scripts).toHaveProperty([name!]);
    expect(existsSync(join(root, 'deploy/Dockerfile'))).toBe(true);
    for (const [, file] of lines.matchAll(/--file (\S+)/g)) expect(existsSync(join(root, file!))).toBe(true);
  });
});

it('tests every system with every Node that the router promises', () => {
  const { test } = workflows.find(({ file }) => file.endsWith('ci.yml'))!.jobs;
  expect(test!.strategy!.matrix).toEqual({
    os: ['ubuntu-latest', 'macos-latest', 'windows-latest'],
    node: [20, 22, 24],
  });
});

it('publishes to npm with provenance, and only what is tested', () => {
  const { jobs } = workflows.find(({ file }) => file.endsWith('release.yml'))!;
  expect(jobs.npm).toMatchObject({ needs: 'check', permissions: { 'id-token': 'write' } });
  expect(jobs.npm!.steps.map(({ run }) => run)).toContain('npm publish --provenance --access public');
  expect(jobs.check!.steps.map(({ run }) => run)).toContain('npm test');
});

describe.each(filesIn('.github/ISSUE_TEMPLATE', /\.yml$/).filter((file) => !file.endsWith('config.yml')))(
  '%s',
  (file) => {
    const field = z.strictObject({
      type: z.enum(['textarea', 'input']),
      id: text,
      attributes: z.strictObject({ label: text, description: text.optional(), render: text.optional() }),
      validations: z.strictObject({ required: z.boolean() }).optional(),
    });
    const form = z.strictObject({ name: text, description: text, labels: z.array(text), body: z.array(field).min(1) });

    it('is a form', () => {
      expect(problemsOf(documentsOf(read(file))[0], form)).toEqual([]);
    });
  },
);
