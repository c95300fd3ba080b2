/** One tool call of a reply, as its pieces name it. */
interface SeenCall {
  key: string;
  index: unknown;
  id: string | undefined;
  named: boolean;
}

export interface CallPiece {
  index: unknown;
  id: string | undefined;
  name: string | undefined;
}

/**
 * Tells which call a piece belongs to. Servers number their calls, or only give them ids, or neither, or give all of them
 * the number 0.
 */
export class CallKeys {
  readonly #calls: SeenCall[] = [];

  /** The key of the piece's call: that of a known one, or a new one. */
  keyOf(piece: CallPiece): string {
    const known = this.#find(piece);
    if (known) {
      known.id ??= piece.id;
      known.named ||= piece.name !== undefined;
      return known.key;
    }
    const key = String(this.#calls.length);
    this.#calls.push({ key, index: piece.index, id: piece.id, named: piece.name !== undefined });
    return key;
  }

  #find({ index, id, name }: CallPiece): SeenCall | undefined {
    if (typeof index === 'number') {
      const call = this.#calls.findLast((other) => other.index === index);
      const another = call?.id !== undefined && id !== undefined && id !== call.id && name !== undefined;
      return another ? this.#calls.find((other) => other.id === id) : call;
    }
    if (id !== undefined) return this.#calls.find((other) => other.id === id);
    const last = this.#calls.at(-1);
    // Without number and id a name begins a call, unless the last one still waits for its own.
    return name === undefined || last?.named === false ? last : undefined;
  }
}
