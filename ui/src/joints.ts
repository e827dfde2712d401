/** Cuts a value after its joints (`/`, `.`, `?` and their like), where a line may break. */
export function joints(text: string): string[] {
  return text.match(/[^/.?&=:,;@_-]*(?:[/.?&=:,;@_-]+|$)/g)?.filter((piece) => piece !== '') ?? [];
}

/** Two values: what they share at the start, what differs in each, what they share at the end. */
export interface Difference {
  start: string;
  expected: string;
  actual: string;
  end: string;
}

/** The first difference of two values, as narrow as it can be marked. */
export function difference(expected: string, actual: string): Difference {
  const left = Array.from(expected);
  const right = Array.from(actual);
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start++;
  let end = 0;
  while (
    end < left.length - start &&
    end < right.length - start &&
    left[left.length - 1 - end] === right[right.length - 1 - end]
  ) {
    end++;
  }
  const cut = (all: string[]) => all.slice(start, all.length - end).join('');
  return {
    start: left.slice(0, start).join(''),
    expected: cut(left),
    actual: cut(right),
    end: left.slice(left.length - end).join(''),
  };
}
