import { z } from 'zod';
import { timeoutFields } from './models.ts';
import { duration, modelName, size } from './values.ts';

const logLevel = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']);

export const routerSchema = z
  .strictObject({
    port: z
      .number()
      .int()
      .min(0)
      .max(65_535)
      .prefault(8080)
      .meta({ description: 'Where it listens; 0 takes a free port.' }),
    host: z
      .string()
      .min(1)
      .prefault('localhost')
      .meta({ description: 'The address; on any but this machine’s own, keys are needed.' }),
    logLevel: logLevel.prefault('info').meta({ description: 'What is logged, where `logging.level` says nothing.' }),
    enableCors: z
      .boolean()
      .prefault(false)
      .meta({ description: 'Lets web pages that may call the router read its replies.' }),
  })
  .prefault({})
  .meta({ description: 'Where the router listens.' });

export const timeoutsSchema = z
  .strictObject({
    connect: timeoutFields.connect.unwrap().prefault(10_000).meta({ description: 'Until the connection stands.' }),
    firstByte: timeoutFields.firstByte.unwrap().prefault(120_000).meta({
      description:
        'From sending to the first byte of the reply; ten minutes for local servers, which may load a model first.',
    }),
    idle: timeoutFields.idle.unwrap().prefault(300_000).meta({ description: 'Between two parts of a reply.' }),
    total: timeoutFields.total.unwrap().prefault(0).meta({ description: 'The whole call; 0 is no limit.' }),
  })
  .prefault({})
  .meta({ description: 'Time limits of calls to providers, in milliseconds.' });

export const retrySchema = z
  .strictObject({
    attempts: z
      .number()
      .int()
      .min(0)
      .max(10)
      .prefault(1)
      .meta({ description: 'Further tries of the same model before the next.' }),
    budget: duration('ms').optional().meta({ description: 'Milliseconds for all tries of a call together.' }),
    hedge: z
      .boolean()
      .prefault(false)
      .meta({ description: 'Asks a second model where the first is slower than it usually is.' }),
  })
  .meta({ description: 'What happens before the first output when a model fails.' });

export const circuitBreakerSchema = z
  .strictObject({
    enabled: z.boolean().prefault(true).meta({ description: 'Whether failing models are left alone for a while.' }),
    failures: z.number().int().positive().prefault(5).meta({ description: 'Failures in a row that open it.' }),
    cooldown: duration('s').prefault(30).meta({ description: 'Seconds until it is tried again.' }),
  })
  .meta({ description: 'Keeps calls away from a model that fails.' });

const limit = z.strictObject({
  requests: z.number().int().positive().optional().meta({ description: 'Requests in any span of the window.' }),
  tokens: z
    .number()
    .int()
    .positive()
    .optional()
    .meta({ description: 'Tokens, of prompts and answers, in any span of the window.' }),
  window: duration('s').prefault(60).meta({ description: 'Seconds.' }),
});

export const rateLimitSchema = z
  .strictObject({
    enabled: z.boolean().optional().meta({ description: 'On where the block is present.' }),
    global: limit.optional().meta({ description: 'All callers together.' }),
    perKey: limit.optional().meta({ description: 'Each key.' }),
    perModel: z.record(modelName, limit).optional().meta({ description: 'Each model, by name.' }),
    onStateLost: z.enum(['open', 'closed']).prefault('open').meta({
      description:
        'While the shared state is away, limits and budgets are counted by each process alone, or calls are refused.',
    }),
  })
  .meta({ description: 'How much may be asked in a time.' });

export const cacheSchema = z
  .strictObject({
    enabled: z.boolean().optional().meta({ description: 'On where the block is present.' }),
    type: z.enum(['memory', 'redis']).prefault('memory').meta({ description: 'Where replies are kept.' }),
    connection: z
      .strictObject({
        url: z.string().optional().meta({ description: '`redis://…`, instead of the parts.' }),
        host: z.string().optional().meta({ description: 'The server.' }),
        port: z.number().int().min(1).max(65_535).optional().meta({ description: 'Its port.' }),
        password: z.string().optional().meta({ description: 'Its password.' }),
        username: z.string().optional().meta({ description: 'Its user.' }),
        db: z.number().int().min(0).optional().meta({ description: 'Its database.' }),
        tls: z.boolean().optional().meta({ description: 'Whether the connection is encrypted.' }),
      })
      .optional()
      .meta({ description: 'The Redis server.' }),
    ttl: duration('s').prefault(3600).meta({ description: 'Seconds a reply is kept.' }),
    keyPrefix: z.string().prefault('claude-router:').meta({ description: 'In front of every key in Redis.' }),
    compression: z.boolean().prefault(false).meta({ description: 'Whether replies are kept compressed.' }),
    maxSize: size().prefault('100MB').meta({ description: 'Bytes kept in memory.' }),
    scope: z
      .enum(['key', 'shared'])
      .prefault('key')
      .meta({ description: 'Replies for the caller’s key alone, or for all.' }),
    rules: z
      .array(
        z.strictObject({
          pattern: z.string().min(1).meta({ description: 'A glob on the human text.' }),
          ttl: duration('s').meta({ description: 'Seconds; 0 is not kept.' }),
        }),
      )
      .prefault([]),
  })
  .meta({ description: 'Exact replies, kept.' });

export const storageSchema = z
  .strictObject({
    enabled: z.boolean().optional().meta({ description: 'Whether records are kept; they are, unless it is false.' }),
    url: z
      .string()
      .regex(
        /^(sqlite:(?!:memory:)|file:|postgres(ql)?:\/\/)./,
        'a place: "sqlite:FILE" or "postgres://USER:PASSWORD@HOST/DATABASE"',
      )
      .optional()
      .meta({ description: '`sqlite:` and a file, or `postgres://…`; a file in the state folder where left out.' }),
    retention: duration('s').optional().meta({ description: 'Seconds that records are kept.' }),
  })
  .meta({ description: 'Where the record of each call is kept.' });

export const stateSchema = z
  .strictObject({
    url: z
      .string()
      .regex(/^rediss?:\/\/./, 'the address of a Redis: "redis://host:6379"')
      .optional()
      .meta({ description: '`redis://…` for several replicas; in the process where left out.' }),
  })
  .meta({ description: 'Where limits, budgets and health are kept.' });

export const loggingSchema = z
  .strictObject({
    level: logLevel.optional().meta({ description: 'What is logged; `router.logLevel` where left out.' }),
    format: z
      .enum(['json', 'pretty'])
      .optional()
      .meta({ description: 'Lines for machines or for people; for people on a terminal where left out.' }),
    outputs: z
      .array(z.enum(['console', 'file']))
      .prefault(['console'])
      .meta({ description: 'Where lines go.' }),
    file: z
      .strictObject({
        path: z.string().optional().meta({ description: 'The file.' }),
        maxSize: size().prefault('100MB').meta({ description: 'Bytes after which a new file begins.' }),
        maxFiles: z
          .number()
          .int()
          .min(0)
          .prefault(10)
          .meta({ description: 'Rotated files kept beside the current one.' }),
        compress: z.boolean().prefault(true).meta({ description: 'Whether rotated files are compressed.' }),
      })
      .prefault({}),
    metrics: z
      .strictObject({
        enabled: z.boolean().prefault(true).meta({ description: 'Whether metrics are served.' }),
        interval: duration('s').prefault(60).meta({ description: 'Seconds between two summaries in the log.' }),
        endpoint: z.string().startsWith('/').prefault('/metrics').meta({ description: 'Their path.' }),
      })
      .optional(),
    bodies: z
      .enum(['off', 'on'])
      .prefault('off')
      .meta({ description: 'Whether requests and replies are recorded in the ledger; never in the log.' }),
  })
  .prefault({})
  .meta({ description: 'What is written down of what happens.' });

export const tracingSchema = z
  .strictObject({
    enabled: z.boolean().prefault(false).meta({ description: 'Whether spans are sent.' }),
    endpoint: z.string().optional().meta({ description: 'The OTLP endpoint.' }),
  })
  .meta({ description: 'OpenTelemetry.' });

export const performanceSchema = z
  .strictObject({
    connectionPool: z
      .strictObject({
        maxConnections: z
          .number()
          .int()
          .positive()
          .prefault(4096)
          .meta({ description: 'Connections to one provider; calls beyond them wait for one.' }),
        timeout: duration('ms')
          .optional()
          .meta({ description: 'Milliseconds to connect; `timeouts.connect` where left out.' }),
        keepAlive: z.boolean().prefault(true).meta({ description: 'Whether connections are used again.' }),
      })
      .prefault({}),
    compression: z
      .strictObject({
        enabled: z
          .boolean()
          .optional()
          .meta({ description: 'On where the block is present: replies that are not streams are compressed.' }),
        level: z
          .number()
          .int()
          .min(0)
          .max(11)
          .prefault(6)
          .meta({ description: 'How hard: gzip up to 9, Brotli up to 11.' }),
        threshold: size().prefault(1024).meta({ description: 'Bytes from which it is worth it.' }),
      })
      .optional(),
    clustering: z
      .strictObject({
        enabled: z
          .boolean()
          .optional()
          .meta({ description: 'On where the block is present: several processes serve.' }),
        workers: z
          .union([z.literal('auto'), z.number().int().positive()])
          .prefault('auto')
          .meta({ description: 'How many; `auto`: one for each core.' }),
      })
      .optional(),
  })
  .prefault({})
  .meta({ description: 'Connections, compression, processes.' });
