import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rotatedFiles } from '../../src/telemetry/log-files.ts';
import { LogTail } from '../../src/telemetry/log-tail.ts';
import { RotatingFile, type RotatingFileEvents, type RotationSettings } from '../../src/telemetry/rotating-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'router-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const quiet: RotatingFileEvents = { onProblem: () => {}, onRecovered: () => {} };
const pathOf = () => join(folder, 'logs', 'router.log');
const open = (settings: Partial<RotationSettings>, events = quiet) =>
  new RotatingFile({ path: pathOf(), maxBytes: 10_000, maxFiles: 1000, compress: false, ...settings }, events);

function textOf(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** All lines that the log holds, the oldest first. */
function linesIn(path: string): string[] {
  const parts = [...rotatedFiles(path).map((part) => part.path), path];
  return parts.flatMap((part) => textOf(part).split('\n').slice(0, -1));
}

const line = (number: number) => `${JSON.stringify({ number, filling: 'x'.repeat(number % 200) })}\n`;

describe('a log file', () => {
  it.each([
    ['plain', false],
    ['compressed', true],
  ])('keeps every line whole and in its order over rotations (%s)', async (_, compress) => {
    const file = open({ compress });
    for (let number = 0; number < 5000; number += 1) file.write(line(number));
    await file.close();
    const lines = linesIn(pathOf());
    expect(lines).toHaveLength(5000);
    expect(lines.map((text) => JSON.parse(text).number)).toEqual(lines.map((_text, index) => index));
    const parts = rotatedFiles(pathOf());
    expect(parts.length).toBeGreaterThan(20);
    expect(parts.every((part) => part.compressed === compress)).toBe(true);
    for (const { path } of parts) expect(Buffer.byteLength(textOf(path))).toBeLessThanOrEqual(10_000);
  });

  it('takes a line that is larger than a whole file, alone', async () => {
    const file = open({ maxBytes: 100 });
    for (const size of [10, 500, 10]) file.write(`${'x'.repeat(size)}\n`);
    await file.close();
    expect(linesIn(pathOf()).map(({ length }) => length)).toEqual([10, 500, 10]);
    expect(rotatedFiles(pathOf())).toHaveLength(2);
  });

  it.each([0, 1, 3])('keeps %i finished files beside the current one, the latest', async (maxFiles) => {
    const file = open({ maxBytes: 1000, maxFiles, compress: true });
    for (let number = 0; number < 400; number += 1) file.write(line(number));
    await file.close();
    expect(rotatedFiles(pathOf())).toHaveLength(maxFiles);
    expect(readdirSync(join(folder, 'logs'))).toHaveLength(maxFiles + 1);
    expect(JSON.parse(linesIn(pathOf()).at(-1)!).number).toBe(399);
  });

  it('is written at the latest at the end of the turn, and by others’ hands removed begins anew', async () => {
    const file = open({});
    file.write('one\n');
    await new Promise((resolve) => setImmediate(resolve));
    expect(textOf(pathOf())).toBe('one\n');
    rmSync(join(folder, 'logs'), { recursive: true });
    file.write('two\n');
    file.flush();
    expect(textOf(pathOf())).toBe('two\n');
    await file.close();
  });

  it('says once that it can’t be written, keeps what comes, and says when it can be again', async () => {
    const told: unknown[] = [];
    writeFileSync(join(folder, 'logs'), 'in the way');
    const file = open({}, { onProblem: (text) => void told.push(text), onRecovered: (lost) => void told.push(lost) });
    for (const text of ['one\n', 'two\n']) {
      file.write(text);
      file.flush();
    }
    expect(told).toEqual([expect.stringContaining(pathOf())]);
    expect(file.problem).toBe(told[0]);
    rmSync(join(folder, 'logs'));
    file.flush();
    expect([file.problem, told[1], textOf(pathOf())]).toEqual([undefined, 0, 'one\ntwo\n']);
    await file.close();
  });

  it('gives up, and counts, what is more than it may hold while it can’t be written', async () => {
    const told: number[] = [];
    writeFileSync(join(folder, 'logs'), 'in the way');
    const file = open({ maxBytes: 1e9 }, { ...quiet, onRecovered: (lost) => void told.push(lost) });
    for (let number = 0; number < 6000; number += 1) file.write(`${'x'.repeat(1023)}\n`);
    expect(file.lostLines).toBeGreaterThan(1000);
    rmSync(join(folder, 'logs'));
    file.flush();
    expect(told).toEqual([file.lostLines]);
    expect(linesIn(pathOf())).toHaveLength(6000 - file.lostLines);
    await file.close();
  });

  it('is followed over rotations', async () => {
    const file = open({ maxBytes: 2000, compress: true });
    file.write('before\n');
    file.flush();
    const tail = new LogTail(pathOf());
    const read: string[] = [];
    for (let number = 0; number < 1000; number += 1) {
      file.write(line(number));
      if (number % 70 !== 0) continue;
      file.flush();
      for await (const text of tail.read()) read.push(text);
    }
    await file.close();
    for await (const text of tail.read()) read.push(text);
    expect(read.map((text) => JSON.parse(text).number)).toEqual(Array.from({ length: 1000 }, (_, index) => index));
  });
});
