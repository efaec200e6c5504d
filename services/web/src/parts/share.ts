// Shares as per cent, everywhere that one shows.

/**
 * share writes a part of a whole, 0 to 1, as per cent: 100 only when it is all
 * of it and 0 only when it is nothing; between them to one decimal.
 */
export function share(rate: number): string {
  return `${perCent(rate)}%`;
}

/** perCent is the number in share, 0 to 100. */
export function perCent(rate: number): number {
  if (!(rate > 0)) return 0;
  if (rate >= 1) return 100;
  return Math.min(Math.max(Math.round(rate * 1000), 1), 999) / 10;
}

/** partOf is the share of a count in another; of nothing it is nothing. */
export const partOf = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
