/** What amounts are shown in. They are kept in US dollars. */
export interface Currency {
  /** `USD`, `EUR`, … */
  code: string;
  /** US dollars for one unit. */
  usdPerUnit: number;
}

export const usDollars: Currency = { code: 'USD', usdPerUnit: 1 };

/** An amount in dollars with six decimal places, as `"0.001250"`. */
export function formatUsd(microUsd: bigint): string {
  const digits = (microUsd < 0n ? -microUsd : microUsd).toString().padStart(7, '0');
  return `${microUsd < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** Whole micro-dollars as a decimal string with six places in a currency, rounded half up; null stays null: unknown. */
export function moneyText(microUsd: number, currency?: Currency): string;
export function moneyText(microUsd: number | null | undefined, currency?: Currency): string | null;
export function moneyText(microUsd: number | null | undefined, currency = usDollars): string | null {
  if (microUsd === null || microUsd === undefined) return null;
  const amount = BigInt(microUsd);
  if (currency.usdPerUnit === 1) return formatUsd(amount);
  const rate = BigInt(Math.round(currency.usdPerUnit * RATE_SCALE));
  const size = amount < 0n ? -amount : amount;
  const converted = (2n * size * BigInt(RATE_SCALE) + rate) / (2n * rate);
  return formatUsd(amount < 0n ? -converted : converted);
}

const RATE_SCALE = 1_000_000_000;
