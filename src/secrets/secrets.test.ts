import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AtRest } from './at-rest.ts';
import { isSealed } from './envelope.ts';
import { MasterKeys } from './master-keys.ts';
import { SecretBox } from './secret-box.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'router-secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = () => join(folder, 'state', 'master-key');
const ofFile = () => new MasterKeys({ variable: undefined, file: file() });
const ofVariable = (variable: string) => new MasterKeys({ variable, file: file() });
const boxOf = (masterKeys: MasterKeys, now = () => 0) => new SecretBox(masterKeys, now);
const newKey = () => randomBytes(32).toString('base64');
const text = Buffer.from('a secret');

describe('a secret box', () => {
  it('opens what it sealed, for the place it was sealed for alone', () => {
    const box = boxOf(ofVariable(newKey()));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), fc.string(), (content, place, other) => {
        const bytes = Buffer.from(content);
        const sealed = box.seal(bytes, place);
        expect(box.open(sealed, place)).toEqual(bytes);
        if (Buffer.from(place).equals(Buffer.from(other))) return;
        expect(() => box.open(sealed, other)).toThrow('was changed since');
      }),
    );
  });

  it('refuses what was changed in any bit, or cut anywhere', () => {
    const box = boxOf(ofVariable(newKey()));
    const sealed = box.seal(text, 'a body');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => box.open(changed, 'a body'), `bit ${bit}`).toThrow(/^a body is refused: /);
    }
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => box.open(sealed.subarray(0, length), 'a body'), `${length} bytes`).toThrow('is refused');
    }
  });

  it('never seals the same twice, and shows nothing of what it sealed', () => {
    const box = boxOf(ofVariable(newKey()));
    const [first, second] = [box.seal(text, 'a'), box.seal(text, 'a')];
    expect(first).not.toEqual(second);
    expect(first.includes(text)).toBe(false);
  });

  it('takes a new data key when its time is over, and reads what the older ones sealed', () => {
    let now = 0;
    const box = boxOf(ofVariable(newKey()), () => now);
    box.configure(1000);
    const dataKeyOf = (sealed: Buffer) => sealed.subarray(12, 72).toString('hex');
    const sealed = [0, 999, 1000, 1999, 2000].map((time) => {
      now = time;
      return box.seal(text, 'a');
    });
    const keys = sealed.map(dataKeyOf);
    expect([keys[0] === keys[1], keys[1] === keys[2], keys[2] === keys[3], keys[3] === keys[4]]).toEqual([
      ...[true, false, true, false],
    ]);
    for (const one of sealed) expect(box.open(one, 'a')).toEqual(text);
  });

  it('is read by every process with the same master key, and by no other', () => {
    const key = newKey();
    const sealed = boxOf(ofVariable(key)).seal(text, 'a');
    expect(boxOf(ofVariable(key)).open(sealed, 'a')).toEqual(text);
    expect(() => boxOf(ofVariable(newKey())).open(sealed, 'a')).toThrow('another master key');
    expect(boxOf(ofVariable(`${newKey()},${key}`)).open(sealed, 'a')).toEqual(text);
  });

  it('puts texts into the form of the configuration and back', () => {
    const box = boxOf(ofVariable(newKey()));
    const value = box.sealText('sk-ärger');
    expect(value).toMatch(/^enc:v1:[\w-]+$/);
    expect(box.openText(value)).toEqual({ text: 'sk-ärger' });
    const middle = value.at(-9) === 'A' ? 'B' : 'A';
    expect(box.openText(`${value.slice(0, -9)}${middle}${value.slice(-8)}`)).toHaveProperty('broken');
    expect(box.openText('enc:v2:AAAA')).toHaveProperty('broken');
    expect(box.openText('enc:v1:not base64!')).toHaveProperty('broken');
    expect(boxOf(ofVariable(newKey())).openText(value)).toHaveProperty('absent');
    expect(boxOf(ofFile()).openText(value)).toEqual({ absent: expect.stringContaining('ROUTER_MASTER_KEY') });
  });
});

describe('the master keys', () => {
  it.each(['base64', 'base64url', 'hex'] as const)('are 32 bytes in %s', (form) => {
    const bytes = randomBytes(32);
    expect(ofVariable(bytes.toString(form)).current()?.key).toEqual(bytes);
  });

  it.each(['short', 'ab'.repeat(31), randomBytes(31).toString('base64'), `${newKey()}x`, ''.padEnd(64, 'z')])(
    'are nothing else: %s',
    (variable) => {
      expect(() => ofVariable(variable).current()).toThrow(/ROUTER_MASTER_KEY: a master key is 32 bytes/);
      expect(() => ofVariable(variable).current()).not.toThrow(variable);
    },
  );

  it('are made in a file of their user’s alone, once', () => {
    expect(ofFile().makeFirst()).toBe(true);
    const before = readFileSync(file(), 'utf8');
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(ofFile().makeFirst()).toBe(false);
    expect(readFileSync(file(), 'utf8')).toBe(before);
  });

  it('are not made where the environment has one', () => {
    expect(ofVariable(newKey()).makeFirst()).toBe(false);
    expect(existsSync(file())).toBe(false);
  });

  it('follow one another: the next one seals, those before it still open', () => {
    const keys = ofFile();
    keys.makeFirst();
    const box = boxOf(keys);
    const sealed = box.seal(text, 'a');
    ofFile().makeNext();
    const newer = boxOf(ofFile()).seal(text, 'a');
    // The running process reads the file again where it does not know a key.
    expect(box.open(newer, 'a')).toEqual(text);
    expect(boxOf(ofFile()).open(sealed, 'a')).toEqual(text);
    box.configure(1000);
    expect(box.seal(text, 'a').subarray(4, 12)).toEqual(newer.subarray(4, 12));
    const [, current] = readFileSync(file(), 'utf8').split(/^(?!#)/m);
    writeFileSync(file(), current!);
    expect(() => boxOf(ofFile()).open(sealed, 'a')).toThrow('another master key');
  });
});

describe('what is kept', () => {
  const atRest = () => {
    const keys = ofFile();
    return new AtRest(keys, boxOf(keys));
  };
  const on = { enabled: true, keyRotation: 60 };

  it('is as it is while encryption is off', () => {
    const kept = atRest();
    expect(kept.configure(undefined)).toEqual([]);
    expect(kept.seal(text, 'a')).toBe(text);
    expect(kept.open(text, 'a')).toBe(text);
    expect(existsSync(file())).toBe(false);
  });

  it('is sealed while it is on, and the key that was made for it is told', () => {
    const kept = atRest();
    expect(kept.configure(on)).toEqual([expect.stringContaining(file())]);
    expect(kept.configure(on)).toEqual([]);
    const sealed = kept.seal(text, 'a');
    expect(isSealed(sealed)).toBe(true);
    expect(kept.open(sealed, 'a')).toEqual(text);
  });

  it('is refused while it is on where it was not sealed, until it is sealed anew', () => {
    const kept = atRest();
    kept.configure(on);
    expect(() => kept.open(text, 'the recorded reply of req_1')).toThrow('router secrets rotate');
    expect(kept.open(kept.reseal(text, 'a'), 'a')).toEqual(text);
  });

  it('is still opened when encryption was switched off', () => {
    const kept = atRest();
    kept.configure(on);
    const sealed = kept.seal(text, 'a');
    kept.configure({ ...on, enabled: false });
    expect(kept.open(sealed, 'a')).toEqual(text);
    expect(kept.seal(text, 'a')).toBe(text);
  });
});
