/** A service tier with a price of its own, as OpenAI's replies name it, under the name that Messages usage gives it. */
export function decodeServiceTier(tier: unknown): { service_tier?: string } {
  const usual = typeof tier !== 'string' || ['', 'auto', 'default', 'on_demand', 'standard'].includes(tier);
  return usual ? {} : { service_tier: tier };
}
