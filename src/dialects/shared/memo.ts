interface Made<Value> {
  dependencies: readonly unknown[];
  value: Value;
}

/** For how many different dependencies something is remembered: a conversation may go on at another target and come back. */
const mostOfOne = 2;

/**
 * Remembers what was made of an object and of all else that it depends on, while the object lives. Everything is told apart
 * by identity, texts by their letters; none of it is ever changed.
 */
export class Memo<Value> {
  readonly #made = new WeakMap<object, Made<Value>[]>();

  get(from: object, dependencies: readonly unknown[], make: () => Value): Value {
    const earlier = this.#made.get(from) ?? [];
    const known = earlier.find((made) => isSame(made.dependencies, dependencies));
    if (known !== undefined && known === earlier[0]) return known.value;
    const made = known ?? { dependencies, value: make() };
    this.#made.set(from, [made, ...earlier.filter((other) => other !== made)].slice(0, mostOfOne));
    return made.value;
  }
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false;
  return true;
}
