/**
 * True where the whole text fits the pattern: `*` is any text, `?` any one character, everything else itself, in upper or
 * lower case. Takes time in proportion to both at most, whatever they hold.
 */
export function fitsGlob(pattern: string, text: string): boolean {
  const wanted = [...pattern.toLowerCase()];
  const given = [...text.toLowerCase()];
  let at = 0;
  let star = -1;
  let starAt = 0;
  let index = 0;
  while (index < given.length) {
    if (at < wanted.length && wanted[at] === '*') {
      star = at;
      starAt = index;
      at += 1;
    } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[index])) {
      at += 1;
      index += 1;
    } else if (star !== -1) {
      // The last star takes one more character: an earlier one could gain nothing by it.
      at = star + 1;
      starAt += 1;
      index = starAt;
    } else return false;
  }
  while (wanted[at] === '*') at += 1;
  return at === wanted.length;
}
