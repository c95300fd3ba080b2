/** A list whose elements are written already: each part is the JSON of some of them, as `writtenElements` gives it. */
export class WrittenList {
  readonly parts: readonly Buffer[];

  constructor(parts: readonly Buffer[]) {
    this.parts = parts.filter((part) => part.length > 0);
  }
}

/** The JSON of elements of a list, with commas between them and without brackets; empty for none. */
export function writtenElements(elements: readonly unknown[]): Buffer {
  return Buffer.from(JSON.stringify(elements).slice(1, -1));
}

/** The JSON of a value, as `JSON.stringify` writes it; lists in it may be written already. */
export function writeJson(value: unknown): Buffer {
  const writer = new JsonWriter();
  writer.value(value);
  return writer.finish();
}

class JsonWriter {
  readonly #chunks: Buffer[] = [];
  /** What is not among the chunks yet. */
  #text = '';

  value(value: unknown): void {
    if (value instanceof WrittenList) this.#list(value);
    else if (!holdsWritten(value)) this.#text += JSON.stringify(value) ?? 'null';
    else if (Array.isArray(value)) this.#between('[', value, ']', (item) => this.value(item));
    else {
      const entries = Object.entries(value as object).filter(([, inner]) => inner !== undefined);
      this.#between('{', entries, '}', ([name, inner]) => {
        this.#text += `${JSON.stringify(name)}:`;
        this.value(inner);
      });
    }
  }

  finish(): Buffer {
    this.#closeText();
    return Buffer.concat(this.#chunks);
  }

  #list({ parts }: WrittenList): void {
    this.#between('[', parts, ']', (part) => {
      this.#closeText();
      this.#chunks.push(part);
    });
  }

  #between<Item>(open: string, items: readonly Item[], close: string, write: (item: Item) => void): void {
    this.#text += open;
    for (const [index, item] of items.entries()) {
      if (index > 0) this.#text += ',';
      write(item);
    }
    this.#text += close;
  }

  #closeText(): void {
    if (this.#text === '') return;
    this.#chunks.push(this.#text === ',' ? comma : Buffer.from(this.#text));
    this.#text = '';
  }
}

const comma = Buffer.from(',');

function holdsWritten(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof WrittenList || Object.values(value).some(holdsWritten);
}
