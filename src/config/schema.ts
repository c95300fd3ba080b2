import { z } from 'zod';
import { modelSchema, providerSchema } from './schema/models.ts';
import {
  cacheSchema,
  circuitBreakerSchema,
  loggingSchema,
  performanceSchema,
  rateLimitSchema,
  retrySchema,
  routerSchema,
  stateSchema,
  storageSchema,
  timeoutsSchema,
  tracingSchema,
} from './schema/operation.ts';
import {
  costOptimizationSchema,
  intelligentRoutingSchema,
  loadBalancingSchema,
  routingRuleSchema,
  routingSchema,
} from './schema/routing.ts';
import { pluginsSchema, securitySchema, transformersSchema } from './schema/security.ts';

/** The whole configuration: the one source of its types, defaults, documentation and editor schema. */
export const configSchema = z.strictObject({
  $schema: z.string().optional().meta({ description: 'For editors; the router does not read it.' }),
  router: routerSchema,
  models: z
    .record(z.string().min(1), modelSchema)
    .prefault({})
    .meta({ description: 'Models by the name they are called here.' }),
  providers: z
    .record(z.string().regex(/^[^/,]+$/, 'a name without "/" and ","'), providerSchema)
    .prefault({})
    .meta({ description: 'Providers with their models.' }),
  openai: providerSchema.optional().meta({ description: 'The same as `providers.openai`.' }),
  google: providerSchema.optional().meta({ description: 'The same as `providers.google`.' }),
  local: providerSchema
    .optional()
    .meta({ description: 'Models on this machine: an Ollama unless `type` says another.' }),
  openrouter: providerSchema.optional().meta({ description: 'The same as `providers.openrouter`.' }),
  autodetect: z
    .boolean()
    .prefault(false)
    .meta({ description: 'Adds models of services whose key is in the environment.' }),
  routing: routingSchema,
  routingRules: z.array(routingRuleSchema).prefault([]).meta({ description: 'Rules that choose the model.' }),
  intelligentRouting: intelligentRoutingSchema.optional(),
  costOptimization: costOptimizationSchema.optional(),
  loadBalancing: loadBalancingSchema.optional(),
  retry: retrySchema.optional(),
  circuitBreaker: circuitBreakerSchema.optional(),
  timeouts: timeoutsSchema,
  rateLimit: rateLimitSchema.optional(),
  cache: cacheSchema.optional(),
  storage: storageSchema.optional(),
  state: stateSchema.optional(),
  security: securitySchema,
  logging: loggingSchema,
  tracing: tracingSchema.optional(),
  performance: performanceSchema,
  plugins: pluginsSchema.optional(),
  transformers: transformersSchema.optional(),
});

export type Config = z.output<typeof configSchema>;

/** The configuration of a router without a file. */
export function defaultConfig(): Config {
  return configSchema.parse({});
}
