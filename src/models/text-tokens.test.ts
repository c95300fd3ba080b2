import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateText, measureText } from './text-tokens.ts';

/** Texts of our own with their counts in the o200k vocabulary, measured once with a real tokenizer. */
const SAMPLES: [name: string, o200k: number, text: string][] = [
  [
    'English prose',
    150,
    `The harbour was quiet when the first boats came home. Nobody on the quay had expected them before noon, and the old woman who kept the fish market was still sweeping the steps in front of her shop. She looked up, counted the masts against the pale light, and went inside to wake her son. "They are early," she said, "and there are only five of them." He dressed without answering. Between the islands the wind had turned during the night, and everyone in the village knew what an easterly wind meant for a small boat with a heavy net. By the time the church bell rang, half of the families stood along the wall, talking in low voices about everything except the one thing they had come to see.`,
  ],
  [
    'technical English',
    77,
    `A request that fails before the first byte is retried on the next target; afterwards the stream is either continued or ended with an error event. Timeouts are measured from the moment the socket is connected, so a slow DNS lookup does not count against the provider. If every target is unavailable, the gateway answers with status 529 and a retry-after header rounded up to whole seconds.`,
  ],
  [
    'TypeScript',
    119,
    `export async function readLines(path: string, options: ReadOptions = {}): Promise<string[]> {
  const { encoding = 'utf8', limit = Infinity } = options;
  const handle = await open(path, 'r');
  try {
    const lines: string[] = [];
    for await (const line of handle.readLines({ encoding })) {
      if (lines.length >= limit) break;
      if (line.trim() !== '' && !line.startsWith('#')) lines.push(line);
    }
    return lines;
  } finally {
    await handle.close();
  }
}
`,
  ],
  [
    'Python',
    111,
    `class Ledger:
    def __init__(self, path, currency="EUR"):
        self.path = path
        self.currency = currency
        self._entries = []

    def add(self, account, amount, note=None):
        if amount == 0:
            raise ValueError(f"empty booking on {account!r}")
        self._entries.append((account, round(amount, 2), note or ""))

    def balance(self, account):
        return sum(amount for name, amount, _ in self._entries if name == account)
`,
  ],
  [
    'JSON',
    135,
    `{"orders":[{"id":"A-10293","customer":{"name":"Ines Ferreira","country":"PT"},"lines":[{"sku":"KX-44","quantity":3,"price":19.95},{"sku":"LM-07","quantity":1,"price":240}],"paid":true,"createdAt":"2026-03-14T09:26:53Z"},{"id":"A-10294","customer":{"name":"Tom Okafor","country":"NG"},"lines":[],"paid":false,"createdAt":"2026-03-14T09:31:02Z"}],"nextPage":null,"total":2}`,
  ],
  [
    'French',
    135,
    `Le port était calme quand les premiers bateaux sont rentrés. Personne sur le quai ne les attendait avant midi, et la vieille femme qui tenait le marché aux poissons balayait encore les marches devant sa boutique. Elle leva les yeux, compta les mâts dans la lumière pâle, puis rentra réveiller son fils. « Ils sont en avance, dit-elle, et ils ne sont que cinq. » Il s'habilla sans répondre. Entre les îles, le vent avait tourné pendant la nuit, et tout le monde au village savait ce que signifiait un vent d'est pour une petite barque chargée d'un lourd filet.`,
  ],
  [
    'German',
    106,
    `Der Hafen war still, als die ersten Boote heimkamen. Niemand am Kai hatte sie vor dem Mittag erwartet, und die alte Frau, der der Fischmarkt gehörte, fegte noch die Stufen vor ihrem Laden. Sie blickte auf, zählte die Masten gegen das blasse Licht und ging hinein, um ihren Sohn zu wecken. Zwischen den Inseln hatte der Wind in der Nacht gedreht, und jeder im Dorf wusste, was Ostwind für ein kleines Boot mit einem schweren Netz bedeutete.`,
  ],
  [
    'Chinese',
    129,
    `第一批渔船回来的时候，港口很安静。码头上没有人料到它们会在中午之前到，看管鱼市的老妇人还在打扫店铺门前的台阶。她抬起头，迎着淡淡的光数了数桅杆，然后走进屋里去叫醒儿子。“他们回来得早，”她说，“而且只有五条船。”夜里岛屿之间的风向变了，村里每个人都知道，东风对一条拖着沉重渔网的小船意味着什么。`,
  ],
  [
    'Russian',
    116,
    `Когда первые лодки вернулись домой, в гавани было тихо. Никто на причале не ждал их раньше полудня, и старая женщина, которая держала рыбный рынок, ещё подметала ступени перед своей лавкой. Она подняла глаза, пересчитала мачты в бледном свете и вошла в дом, чтобы разбудить сына. Ночью ветер между островами переменился, и каждый в деревне знал, что это значит для маленькой лодки с тяжёлой сетью.`,
  ],
  [
    'a log',
    163,
    `2026-11-23T08:15:42.117Z INFO  server listening on http://127.0.0.1:8080 pid=41872
2026-11-23T08:15:49.902Z WARN  upstream answered 503 after 1204 ms, attempt 1 of 3 request=req_7f3a91c2
2026-11-23T08:15:50.318Z INFO  POST /v1/messages 200 1620 ms tokens=8123/411 cost=0.018342
2026-11-23T08:16:02.044Z ERROR connect ECONNREFUSED 127.0.0.1:11434 request=req_0b92de41
`,
  ],
  [
    'identifiers and hashes',
    124,
    `6f1c0e8a-92b4-4d57-8c3e-1a7f60b2d9e5 3b9ac9ffd2e41c7708a5 sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 getUserByEmailAddress MAX_RETRY_COUNT parseHTTPResponse kubernetes.io/ingress-class v20.19.4-rc.1`,
  ],
];

describe('estimateText', () => {
  it.each(SAMPLES)('is within 20 %% of the real count of %s', (_name, o200k, text) => {
    const error = estimateText(text) / o200k - 1;
    expect(Math.abs(error)).toBeLessThan(0.2);
  });

  it('is within 5 % over all samples together', () => {
    const real = SAMPLES.reduce((sum, [, o200k]) => sum + o200k, 0);
    const estimated = SAMPLES.reduce((sum, [, , text]) => sum + estimateText(text), 0);
    expect(Math.abs(estimated / real - 1)).toBeLessThan(0.05);
  });

  it('counts nothing for nothing, and at least one token for any word', () => {
    expect(estimateText('')).toBe(0);
    expect(estimateText('a')).toBeGreaterThanOrEqual(1);
  });

  it('never falls when text is appended', () => {
    const piece = fc.constantFrom(
      'a',
      'Word',
      'HTTP',
      'é',
      'ж',
      '汉',
      '7',
      ' ',
      '   ',
      '\n',
      '\t',
      '.',
      '("',
      '--',
      '😀',
      'ñandú',
      "'s",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), piece, (pieces, more) => {
        const text = pieces.join('');
        expect(estimateText(text + more)).toBeGreaterThanOrEqual(estimateText(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives finite counts for any string, lone surrogates too', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const { words, symbols, script } = measureText(text);
        expect(Number.isFinite(words + symbols + script)).toBe(true);
        expect(words + symbols + script).toBeLessThanOrEqual(text.length * 3);
      }),
    );
    expect(estimateText('\ud83d')).toBe(1);
  });

  it.each([
    ['letters without a space', 'a'],
    ['capitals', 'A'],
    ['accents', 'é'],
    ['Chinese', '汉'],
    ['spaces', ' '],
    ['line breaks', '\n'],
    ['signs', '#'],
    ['broken indentation', '\n  '],
    ['base64', 'aB3x'],
  ])('takes time in proportion to the length of %s', (_name, unit) => {
    const megabyte = unit.repeat(1_000_000 / unit.length);
    estimateText(megabyte.slice(0, 100_000));
    const started = performance.now();
    estimateText(megabyte);
    // About 5 ms alone; a quadratic scan of a megabyte would take minutes.
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
