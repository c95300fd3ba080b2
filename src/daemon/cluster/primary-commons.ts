import type { Call } from '../../call/call.ts';
import type { CallSignal } from '../../call/cancellation.ts';
import type { AttemptRecord, CallRecord } from '../../call/record.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Places, WantedPlace } from '../../providers/health.ts';
import type { CacheStore } from '../../stores/cache-store.ts';
import { type AskStore, PrimaryStore } from '../../stores/primary.ts';
import type { Commons } from '../commons.ts';
import type { Link } from './link.ts';
import type { LedgerQuestion, PrimaryNews, PrimaryOffers } from './offers.ts';

/** Longer than a call may wait for its place. */
const placeLimitMs = 60_000;

/** What the workers have in common is in the primary: a worker asks for it there. */
export function primaryCommons(link: Link<PrimaryOffers>, news: () => PrimaryNews): Commons {
  const askStore = ((operation, args) => link.ask('store', operation, args)) as AskStore;
  return {
    writeLine: (line) => link.tell('line', line),
    get logState() {
      return news().log;
    },
    store: new PrimaryStore(askStore),
    ledger: primaryLedger(link, news),
    cacheOf: (maxBytes) => primaryCache(link, maxBytes),
    places: new PrimaryPlaces(link),
    pools: {
      ask: (pool, session, look) => link.ask('askPool', pool, session, look),
      tookTurn: (pool) => link.tell('tookTurn', pool),
      remember: (session, known) => link.tell('rememberSession', session, known),
    },
    tellOutcome: (outcome) => link.tell('tellOutcome', outcome),
    conversations: {
      keep: (key, conversation) => link.tell('keepConversation', key, conversation),
      recall: (key) => link.ask('recallConversation', key),
    },
    opened: (call) => link.tell('opened', openCallOf(call)),
    tried: ({ id }, { target, provider, startedAt }: AttemptRecord) =>
      link.tell('tried', id, { target, provider, startedAt }),
    settled: (record, contextWindow, line) => link.tell('settled', plainRecord(record), contextWindow, line),
    countAs: (counting) => link.tell('countAs', counting),
    metricSnapshots: () => link.ask('metricSnapshots'),
    otherProcesses: () => link.ask('otherProcesses'),
    trace: (callId) => link.ask('trace', callId),
  };
}

function openCallOf({ id, startedAt, caller, sessionId, request }: Call) {
  const stream = request.stream === true;
  return { id, startedAt, caller: caller.name, sessionId, requestedModel: request.model, stream };
}

/** What can be sent: the explanation is worked out where it is asked for, until the call is settled. */
function plainRecord({ explain: _explain, ...record }: CallRecord): CallRecord {
  return record;
}

function primaryLedger(link: Link<PrimaryOffers>, news: () => PrimaryNews): Ledger {
  const asking =
    <Name extends LedgerQuestion>(question: Name) =>
    (...args: Parameters<Ledger[Name]>) =>
      link.ask('ledger', question, args) as ReturnType<Ledger[Name]>;
  return {
    add: (record) => link.tell('settled', plainRecord(record), undefined, ''),
    flush: asking('flush'),
    totals: asking('totals'),
    models: asking('models'),
    performance: asking('performance'),
    calls: asking('calls'),
    call: asking('call'),
    reseal: () => Promise.reject(new Error('what is kept is sealed anew by a process that has the ledger itself')),
    get lost() {
      return news().lostRecords;
    },
    close: async () => undefined,
  };
}

function primaryCache(link: Link<PrimaryOffers>, maxBytes: number): CacheStore {
  return {
    get: async (key) => {
      const bytes = await link.ask('cached', maxBytes, key);
      return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    },
    set: (key, bytes, ttlMs) => link.ask('cache', maxBytes, key, bytes, ttlMs),
    close: async () => undefined,
  };
}

class PrimaryPlaces implements Places {
  readonly #link: Link<PrimaryOffers>;
  #lastId = 0;

  constructor(link: Link<PrimaryOffers>) {
    this.#link = link;
  }

  async take(place: WantedPlace, signal: CallSignal): Promise<() => void> {
    this.#lastId += 1;
    const id = this.#lastId;
    const leave = () => this.#link.tell('leavePlace', id);
    signal.throwIfAborted();
    signal.addEventListener('abort', leave, { once: true });
    try {
      await this.#link.askFor(placeLimitMs, 'takePlace', id, place);
      signal.throwIfAborted();
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', leave);
    }
    return leave;
  }
}
