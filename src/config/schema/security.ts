import { z } from 'zod';
import { duration, modelName, money } from './values.ts';

const keyLimit = z.union([
  z.number().int().positive(),
  z.strictObject({
    requests: z.number().int().positive().optional().meta({ description: 'Requests in the window.' }),
    tokens: z.number().int().positive().optional().meta({ description: 'Tokens in the window.' }),
    window: duration('s').prefault(3600).meta({ description: 'Seconds.' }),
  }),
]);

const keyFields = z.strictObject({
  key: z.string().min(1).optional().meta({ description: 'The key itself; better `keyHash`.' }),
  keyHash: z
    .string()
    .regex(/^(sha256:)?[0-9a-f]{64}$/i, 'a SHA-256 in 64 hexadecimal digits')
    .optional()
    .meta({ description: 'Its SHA-256 in hexadecimal digits.' }),
  name: z.string().min(1).optional().meta({ description: 'Shown in logs and statistics instead of the key.' }),
  permissions: z
    .array(z.enum(['read', 'write', 'admin']))
    .min(1)
    .prefault(['read', 'write'])
    .meta({ description: '`read`: models, statistics; `write`: calls; `admin`: everything.' }),
  rateLimit: keyLimit.optional().meta({ description: 'Requests an hour, or a limit.' }),
  models: z.array(modelName).optional().meta({ description: 'The models it may use; all where left out.' }),
  budget: z
    .union([money, z.strictObject({ daily: money.optional(), monthly: money.optional() })])
    .optional()
    .meta({ description: 'US dollars a month, or by day and month.' }),
  expiresAt: z.iso.datetime({ offset: true }).or(z.iso.date()).optional().meta({ description: 'When it ends.' }),
});

const keySchema = keyFields.refine((key) => key.key !== undefined || key.keyHash !== undefined, {
  message: 'a key needs "key" or "keyHash"',
});

/** A key that `router keys create` made, as it is kept: its hash, and when it was made and revoked. */
export const keptKeySchema = keyFields.omit({ key: true }).extend({
  name: z.string().min(1),
  keyHash: keyFields.shape.keyHash.unwrap(),
  createdAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().optional(),
});

export type KeptKey = z.output<typeof keptKeySchema>;

export const securitySchema = z
  .strictObject({
    authentication: z
      .strictObject({
        enabled: z.boolean().prefault(true).meta({ description: 'Whether keys are asked for.' }),
        type: z
          .enum(['bearer', 'api-key', 'both'])
          .prefault('both')
          .meta({ description: 'How clients send keys; both ways are always understood.' }),
        keys: z.array(keySchema).prefault([]).meta({ description: 'Who may call.' }),
      })
      .prefault({}),
    encryption: z
      .strictObject({
        enabled: z.boolean().prefault(false).meta({ description: 'Whether what is kept is encrypted.' }),
        algorithm: z.literal('AES-256-GCM').prefault('AES-256-GCM').meta({ description: 'How.' }),
        keyRotation: duration('s').prefault(86_400).meta({ description: 'Seconds until a new data key is made.' }),
      })
      .optional(),
  })
  .prefault({})
  .meta({ description: 'Who may call, and what is encrypted.' });

const extension = z.union([
  z.string().min(1),
  z
    .strictObject({
      name: z.string().min(1).optional().meta({ description: 'A built-in one.' }),
      path: z.string().min(1).optional().meta({ description: 'A file; relative to the configuration.' }),
      config: z.record(z.string(), z.unknown()).optional().meta({ description: 'Handed to it.' }),
      timeout: duration('ms').prefault(5000).meta({ description: 'Milliseconds that one of its steps may take.' }),
      required: z.boolean().prefault(false).meta({ description: 'Whether its failure fails the call.' }),
      stream: z.enum(['message', 'event']).optional().meta({ description: 'How it sees streams.' }),
    })
    .refine((entry) => entry.name !== undefined || entry.path !== undefined, {
      message: 'a "name" or a "path" is needed',
    }),
]);

export const pluginsSchema = z
  .array(extension)
  .meta({ description: 'Plugins, in the order they run: names, files, or both with their settings.' });

export const transformersSchema = z
  .strictObject({
    request: z.array(extension).prefault([]).meta({ description: 'Change requests before they are sent.' }),
    response: z.array(extension).prefault([]).meta({ description: 'Change replies before they are returned.' }),
  })
  .meta({ description: 'Small programs that change requests and replies.' });
