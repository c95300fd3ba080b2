import { z } from 'zod';

/** The fields of compose files that ours use, and no others: what is not here is taken for a misspelling. */

const text = z.string().min(1);
const duration = z.string().regex(/^\d+(ms|s|m|h)$/);
const port = z.string().regex(/^(\d+\.\d+\.\d+\.\d+:)?\d+:\d+$/);
const mount = z.string().regex(/^(\.\/[\w./-]+|[a-z_]+):\/[\w./-]+(:ro)?$/);
const variable = z.string().regex(/^[A-Z][A-Z0-9_]*=.*$/);

const service = z.strictObject({
  image: text,
  build: z.strictObject({ context: text, dockerfile: text }).optional(),
  command: z.array(text).optional(),
  ports: z.array(port).optional(),
  environment: z.array(variable).optional(),
  volumes: z.array(mount).optional(),
  secrets: z.array(text).optional(),
  read_only: z.literal(true).optional(),
  tmpfs: z.array(z.string().startsWith('/')).optional(),
  cap_drop: z.array(text).optional(),
  security_opt: z.array(text).optional(),
  depends_on: z
    .union([
      z.array(text),
      z.record(z.string(), z.strictObject({ condition: z.enum(['service_started', 'service_healthy']) })),
    ])
    .optional(),
  healthcheck: z
    .strictObject({
      test: z.array(text).min(2),
      interval: duration,
      timeout: duration,
      retries: z.number().int().min(1),
    })
    .optional(),
  stop_grace_period: duration.optional(),
  restart: z.enum(['no', 'always', 'on-failure', 'unless-stopped']).optional(),
});

/** A compose file of ours. */
export const composeFile = z.strictObject({
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
  secrets: z.record(z.string(), z.strictObject({ environment: text })).optional(),
});

export type ComposeFile = z.infer<typeof composeFile>;
export type ComposeService = z.infer<typeof service>;
