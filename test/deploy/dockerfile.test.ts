import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { read, root } from './documents.ts';

const stages = stagesOf(read('deploy/Dockerfile'));
const last = stages.at(-1)!;

describe('the Dockerfile', () => {
  it('holds nothing but instructions of the format', () => {
    const known = ['FROM', 'WORKDIR', 'COPY', 'RUN', 'LABEL', 'ENV', 'USER', 'EXPOSE', 'VOLUME', 'STOPSIGNAL'];
    const names = stages.flat().map(({ name }) => name);
    expect(names.filter((name) => ![...known, 'HEALTHCHECK', 'ENTRYPOINT'].includes(name))).toEqual([]);
  });

  it('builds in one stage and runs in another, on one base of a fixed major version that Node still cares for', () => {
    expect(stages).toHaveLength(2);
    const bases = stages.map(([from]) => from!.value.split(' ')[0]);
    expect(new Set(bases).size).toBe(1);
    expect(bases[0]).toMatch(/^docker\.io\/library\/node:2[4-9]-[a-z]+-slim$/);
    expect(valuesOf(last, 'COPY')).toEqual(['--from=build /program /opt/claude-code-router']);
  });

  it('installs what the lock file says, without install scripts', () => {
    expect(valuesOf(stages[0]!, 'RUN')[0]).toMatch(/^npm ci --ignore-scripts /);
  });

  it('runs as a user without rights, given by number, so that Kubernetes can tell', () => {
    expect(valuesOf(last, 'USER')).toEqual(['1000:1000']);
    const at = (name: string) => last.findIndex((instruction) => instruction.name === name);
    expect(at('USER')).toBeGreaterThan(at('RUN'));
  });

  it("listens where others reach it, on the original's port", () => {
    expect(valuesOf(last, 'ENV')[0]).toMatch(/\bROUTER_HOST=0\.0\.0\.0\b/);
    expect(valuesOf(last, 'EXPOSE')).toEqual(['8080']);
  });

  it('asks the program itself whether it is well, and lets it finish when it is stopped', () => {
    expect(valuesOf(last, 'HEALTHCHECK')[0]).toMatch(/CMD \["router", "health"\]$/);
    expect(valuesOf(last, 'STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(valuesOf(last, 'ENTRYPOINT')).toEqual(['["router"]']);
  });

  it('writes nowhere but to volumes in its home', () => {
    expect(valuesOf(last, 'ENV')[0]).toMatch(/\bROUTER_HOME=\/app\b/);
    expect(valuesOf(last, 'VOLUME')).toEqual(['["/app/state", "/app/logs"]']);
  });

  it('copies only what is there and what .dockerignore lets through', () => {
    const sources = valuesOf(stages[0]!, 'COPY').flatMap((value) => value.split(' ').slice(0, -1));
    const ignore = read('.dockerignore').split('\n');
    expect(ignore).toContain('*');
    const through = ignore.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    expect(sources.sort()).toEqual(through.sort());
    expect(sources.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('holds no key', () => {
    const kept = [...valuesOf(last, 'ENV'), ...valuesOf(last, 'LABEL')].join(' ');
    expect(kept).not.toMatch(/KEY|TOKEN|SECRET|PASSWORD/i);
  });
});

interface Instruction {
  name: string;
  value: string;
}

/** The instructions of each stage, with continued lines joined. */
function stagesOf(text: string): Instruction[][] {
  const lines = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  const stages: Instruction[][] = [];
  for (const line of lines.filter((entry) => entry.trim() !== '')) {
    const [, name, value] = /^(\S+)\s+(.*)$/.exec(line)!;
    if (name === 'FROM') stages.push([]);
    stages.at(-1)!.push({ name: name!, value: value! });
  }
  return stages;
}

function valuesOf(stage: readonly Instruction[], name: string): string[] {
  return stage.filter((instruction) => instruction.name === name).map(({ value }) => value);
}
