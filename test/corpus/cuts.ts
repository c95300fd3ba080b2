/** The bytes whole, one by one where they are few, and cut at places that the seed fixes. */
export function cutsOf(body: Buffer, seed: number): Record<string, Buffer[]> {
  const cuts: Record<string, Buffer[]> = { whole: [body], cut: cutAtRandom(body, seed), 'cut again': cutAtRandom(body, seed + 1) };
  if (body.length < 20_000) cuts['byte by byte'] = Array.from({ length: body.length }, (_, at) => body.subarray(at, at + 1));
  return cuts;
}

function cutAtRandom(body: Buffer, seed: number): Buffer[] {
  const next = random(seed);
  const pieces: Buffer[] = [];
  let position = 0;
  while (position < body.length) {
    const longest = next() < 0.2 ? 4 : 700;
    const end = position + 1 + Math.floor(next() * longest);
    pieces.push(body.subarray(position, end));
    position = end;
  }
  return pieces;
}

/** A linear congruential generator: numbers from 0 up to 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = BigInt(seed) + 1n;
  return () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
    return Number(state >> 32n) / 2 ** 32;
  };
}
