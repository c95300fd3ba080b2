import { z } from 'zod';
import { providerTypes } from '../provider-types.ts';
import { duration, oneOrMore } from './values.ts';

/** Time limits of calls, in milliseconds; 0 is none. */
export const timeoutFields = {
  connect: duration('ms').optional().meta({ description: 'Until the connection stands.' }),
  firstByte: duration('ms').optional().meta({ description: 'From sending to the first byte of the reply.' }),
  idle: duration('ms').optional().meta({ description: 'Between two parts of a reply.' }),
  total: duration('ms').optional().meta({ description: 'The whole call; 0 is no limit.' }),
};

const pricing = z
  .strictObject({
    input: z.number().min(0).optional().meta({ description: 'Uncached input.' }),
    output: z.number().min(0).optional().meta({ description: 'Output, reasoning included.' }),
    cacheRead: z.number().min(0).optional().meta({ description: 'Input read from the provider’s prompt cache.' }),
    cacheWrite: z
      .number()
      .min(0)
      .optional()
      .meta({ description: 'Input written to the prompt cache for five minutes.' }),
    cacheWrite1h: z.number().min(0).optional().meta({ description: 'Input written to the prompt cache for an hour.' }),
  })
  .meta({ description: 'US dollars per million tokens.' });

/** Where at a cloud a model is. */
const cloudFields = {
  region: z.string().optional().meta({ description: 'Cloud region (Bedrock, Vertex).' }),
  profile: z.string().optional().meta({ description: 'Profile of the AWS credentials file (Bedrock).' }),
  project: z.string().optional().meta({ description: 'Cloud project (Vertex).' }),
  location: z.string().optional().meta({ description: 'Location of the models, `global` where left out (Vertex).' }),
  resource: z.string().optional().meta({ description: 'Resource name (Azure, Foundry).' }),
  apiVersion: z.string().optional().meta({ description: 'API version (classic Azure deployments).' }),
};

/** What can be said of a model wherever it is configured. */
const modelFields = {
  model: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'The provider’s id of the model; the name itself where left out.' }),
  endpoint: z.string().min(1).optional().meta({
    description:
      'A base URL or a full URL; a full URL also decides the wire format. A path alone stands on the provider’s host.',
  }),
  maxTokens: z
    .number()
    .int()
    .positive()
    .optional()
    .meta({ description: 'The model’s limit of output tokens; requests beyond it are lowered.' }),
  temperature: z.number().min(0).max(2).optional().meta({ description: 'Sent where the client sends none.' }),
  contextWindow: z.number().int().positive().optional().meta({
    description:
      'Tokens of prompt and answer together; the catalogue’s where left out. An Ollama is asked for a window of this size; else for 32,768 tokens, or the model’s own up to 65,536, and for more where a prompt needs it, which loads the model anew.',
  }),
  costPerToken: z.number().min(0).optional().meta({ description: 'US dollars per token, for both directions.' }),
  pricing: pricing.optional(),
  weight: z.number().min(0).optional().meta({ description: 'Its share in weighted balancing.' }),
  specialization: z
    .string()
    .optional()
    .meta({ description: 'What it is good at, for people: `code`. No rule reads it.' }),
  supportsImages: z
    .boolean()
    .optional()
    .meta({ description: 'Whether it sees images; the catalogue’s word where left out.' }),
  supportsTools: z.boolean().optional().meta({ description: 'Whether it calls tools.' }),
  supportsThinking: z.boolean().optional().meta({ description: 'Whether it reasons before it answers.' }),
  maxConcurrent: z.number().int().positive().optional().meta({ description: 'Calls at the same time; more wait.' }),
  headers: z.record(z.string(), z.string()).optional().meta({ description: 'Further headers of every call.' }),
  timeouts: z.strictObject(timeoutFields).optional().meta({ description: 'Its own time limits, in milliseconds.' }),
  quirks: z.record(z.string(), z.unknown()).optional().meta({
    description:
      'How the service departs from its wire format, where the preset is wrong. `extraBody` holds fields for every request: `{"keep_alive": "30m"}` for an Ollama.',
  }),
  ...cloudFields,
};

const apiKey = oneOrMore(z.string()).optional().meta({
  description:
    'The key, or several that take turns; `"passthrough"` sends the client’s own credential. Without one, the provider’s environment variable.',
});

export const modelSchema = z.strictObject({
  provider: z.string().min(1).meta({ description: 'A provider type, or the name of a block in `providers`.' }),
  apiKey,
  ...modelFields,
});

export const providerSchema = z.strictObject({
  type: z
    .enum(providerTypes)
    .optional()
    .meta({ description: 'The service; the block’s own name where that is a type.' }),
  apiKey,
  baseUrl: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Where the service is; the preset’s address where left out.' }),
  headers: z.record(z.string(), z.string()).optional().meta({ description: 'Further headers of every call.' }),
  timeouts: z
    .strictObject(timeoutFields)
    .optional()
    .meta({ description: 'Time limits of its models, in milliseconds.' }),
  quirks: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'How it departs from its wire format, where the preset is wrong.' }),
  ...cloudFields,
  models: z
    .record(z.string().min(1), z.strictObject({ apiKey, ...modelFields }))
    .prefault({})
    .meta({
      description: 'Its models: the name is the provider’s id of the model unless `model` says another.',
    }),
});
