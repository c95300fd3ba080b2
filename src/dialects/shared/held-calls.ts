import { isWholeInput, toolInputJson } from './tool-arguments.ts';

/** One tool call as far as it came. */
export class HeldCall {
  id: string | undefined;
  name = '';
  ended = false;
  signature: string | undefined;
  #arguments = '';

  append(delta: string): void {
    // Some servers send everything so far with each delta instead of what is new.
    if (this.#arguments !== '' && delta.length > this.#arguments.length && delta.startsWith(this.#arguments)) {
      if (isWholeInput(delta)) {
        this.#arguments = delta;
        return;
      }
    }
    if (delta === this.#arguments && isWholeInput(delta)) return;
    this.#arguments += delta;
  }

  replace(whole: string): void {
    this.#arguments = whole;
  }

  get isWhole(): boolean {
    return this.name !== '' && isWholeInput(this.#arguments);
  }

  get parses(): boolean {
    return this.#arguments.trim() === '' || !toolInputJson(this.#arguments).startsWith('{"__unparsedToolInput"');
  }

  get hasArguments(): boolean {
    return this.#arguments !== '';
  }

  inputJson(schema: unknown): string {
    return toolInputJson(this.#arguments, schema);
  }
}

/** The calls of one reply that were begun and not yet shown, in the order they began. */
export class HeldCalls {
  readonly #calls = new Map<string, HeldCall>();
  readonly #known = new Set<string>();

  get size(): number {
    return this.#calls.size;
  }

  has(key: string): boolean {
    return this.#known.has(key);
  }

  get allWhole(): boolean {
    return [...this.#calls.values()].every((call) => call.parses);
  }

  start(key: string, { id, name }: { id?: string; name?: string }): void {
    const call = this.#calls.get(key);
    if (!call && this.#known.has(key)) return;
    const held = call ?? new HeldCall();
    if (!call) {
      this.#calls.set(key, held);
      this.#known.add(key);
    }
    if (id) held.id ??= id;
    if (name) this.#name(held, name);
  }

  sign(key: string, signature: string): void {
    const call = this.#calls.get(key);
    if (call) call.signature = signature;
  }

  append(key: string, delta: string): void {
    this.#calls.get(key)?.append(delta);
  }

  end(key: string, whole: string | undefined): void {
    const call = this.#calls.get(key);
    if (!call) return;
    if (whole !== undefined && whole !== '') call.replace(whole);
    call.ended = true;
  }

  takeLeadingWhole(): HeldCall[] {
    return this.#takeLeading((call) => call.ended || call.isWhole);
  }

  takeLeadingEnded(): HeldCall[] {
    return this.#takeLeading((call) => call.ended);
  }

  takeAll(): HeldCall[] {
    return this.#takeLeading(() => true);
  }

  #takeLeading(ready: (call: HeldCall) => boolean): HeldCall[] {
    const taken: HeldCall[] = [];
    for (const [key, call] of this.#calls) {
      if (!ready(call)) break;
      this.#calls.delete(key);
      taken.push(call);
    }
    return taken;
  }

  /** A name may be repeated with every chunk, or, rarely, come in pieces. */
  #name(call: HeldCall, name: string): void {
    if (call.name === '' || name.startsWith(call.name)) call.name = name;
    else if (!call.hasArguments && !call.name.endsWith(name)) call.name += name;
  }
}
