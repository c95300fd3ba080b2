import { type BodyScan, scanBody } from '../protocol/body-scan.ts';

/** Bytes of the remembered bodies; with what was parsed and translated of them they take about four times as much. */
const mostBytes = 32 * 1024 * 1024;
/** Shorter ones are read faster than compared. */
const shortestBytes = 16 * 1024;
/** Bodies that share no more are of other conversations. */
const leastShared = 64;

/**
 * The bodies of recent calls, each the latest of its conversation. Clients send the whole conversation with every call: what
 * a body shares with an earlier one, byte for byte, is neither scanned nor parsed nor translated again.
 */
export class RecentBodies {
  /** Latest first. */
  #scans: BodyScan[] = [];
  readonly #mostBytes: number;
  readonly #deepest: number;

  /** `deepest`: how deep a body may be nested that is remembered. */
  constructor(deepest: number, limit = mostBytes) {
    this.#deepest = deepest;
    this.#mostBytes = limit;
  }

  /** Bytes of the remembered bodies. */
  get bytes(): number {
    return this.#scans.reduce((sum, { body }) => sum + body.length, 0);
  }

  /** The body's scan, as `scanBody` makes it, along with that of the remembered body that begins most like it. */
  scan(body: Buffer): BodyScan {
    if (body.length < shortestBytes) return scanBody(body);
    const earlier = this.#likest(body);
    const scan = scanBody(body, earlier);
    const isReadable = scan.isWellFormed && scan.hasPlainMessages && scan.depth <= this.#deepest;
    if (isReadable && body.length <= this.#mostBytes) this.#keep(scan, earlier);
    return scan;
  }

  /** In place of the earlier one where it goes on from that. */
  #keep(scan: BodyScan, earlier: BodyScan | undefined): void {
    const replaced = earlier && goesOn(scan, earlier) ? earlier : undefined;
    let bytes = 0;
    this.#scans = [scan, ...this.#scans.filter((other) => other !== replaced)].filter(({ body }) => {
      bytes += body.length;
      return bytes <= this.#mostBytes;
    });
  }

  #likest(body: Buffer): BodyScan | undefined {
    let likest: BodyScan | undefined;
    let most = leastShared;
    for (const scan of this.#scans) {
      const shared = commonStart(body, scan.body, most);
      if (shared <= most) continue;
      most = shared;
      likest = scan;
    }
    return likest;
  }
}

/** True where at least half of the earlier messages stand in the body. */
function goesOn({ messages }: BodyScan, earlier: BodyScan): boolean {
  const shared = earlier.messages.filter(({ known }, index) => known === messages[index]?.known).length;
  return shared > 0 && shared * 2 >= earlier.messages.length;
}

/** How many bytes the two have in common at their beginning, as far as is looked; 0 where it is not more than `least`. */
function commonStart(one: Buffer, other: Buffer, least: number): number {
  const most = Math.min(one.length, other.length, farthest);
  let same = least + 1;
  if (same > most || !isSame(one, other, 0, same)) return 0;
  for (let step = longestStep; step > 0 && same < most; ) {
    const end = Math.min(same + step, most);
    if (isSame(one, other, same, end)) same = end;
    else step >>= 1;
  }
  return same;
}

/** Conversations that have so much in common share it, whichever is the latest. */
const farthest = 128 * 1024;
/** What differs is compared again in halves, what is the same only once. */
const longestStep = 32 * 1024;

function isSame(one: Buffer, other: Buffer, start: number, end: number): boolean {
  return one.compare(other, start, end, start, end) === 0;
}
