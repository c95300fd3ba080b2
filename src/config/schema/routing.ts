import { z } from 'zod';
import { duration, modelName, money, oneOrMore } from './values.ts';

const thinkScenario = z.union([
  modelName,
  z.strictObject({
    model: modelName,
    minEffort: z
      .enum(['low', 'medium', 'high', 'xhigh', 'max'])
      .prefault('xhigh')
      .meta({ description: 'The effort from which a request counts as thinking.' }),
  }),
]);

const scenarios = z
  .strictObject({
    background: modelName
      .optional()
      .meta({ description: 'Titles and other small requests that the client makes by itself.' }),
    think: thinkScenario.optional().meta({ description: 'Requests with extended thinking.' }),
    longContext: modelName.optional().meta({ description: 'Prompts longer than `longContextThreshold`.' }),
    longContextThreshold: z.number().int().positive().prefault(60_000).meta({ description: 'Tokens.' }),
    webSearch: modelName.optional().meta({ description: 'Requests that search the web.' }),
    image: modelName.optional().meta({ description: 'Requests with images.' }),
    subagent: modelName.optional().meta({ description: 'Requests of subagents.' }),
  })
  .meta({ description: 'A model for each kind of request.' });

export const routingSchema = z
  .strictObject({
    defaultModel: modelName
      .optional()
      .meta({ description: 'Answers what nothing else decides; the first configured model where left out.' }),
    fallbackModel: modelName.optional().meta({ description: 'Answers when the chosen model fails.' }),
    fallbacks: z.array(modelName).prefault([]).meta({ description: 'Several of them, in order.' }),
    loadBalancing: z
      .boolean()
      .optional()
      .meta({ description: 'Switches the block `loadBalancing`, where that says nothing itself.' }),
    costOptimization: z
      .boolean()
      .optional()
      .meta({ description: 'Switches the block `costOptimization`, where that says nothing itself.' }),
    scenarios: scenarios.optional(),
    router: z.string().optional().meta({ description: 'A file whose default export chooses the model; trusted code.' }),
  })
  .prefault({})
  .meta({ description: 'Which model answers when no rule says otherwise.' });

const range = z.strictObject({
  min: z.number().min(0).optional().meta({ description: 'At least.' }),
  max: z.number().min(0).optional().meta({ description: 'At most.' }),
});

const timeWindow = z.strictObject({
  from: z
    .string()
    .regex(/^\d{1,2}:\d{2}$/)
    .optional()
    .meta({ description: 'Local time, `"08:00"`.' }),
  to: z
    .string()
    .regex(/^\d{1,2}:\d{2}$/)
    .optional()
    .meta({ description: 'Local time, `"18:30"`.' }),
  weekdays: z.array(z.number().int().min(0).max(6)).optional().meta({ description: '0 is Sunday.' }),
});

const condition = z
  .strictObject({
    messageContains: oneOrMore().optional().meta({ description: 'The human text holds one of these, in any case.' }),
    fileTypes: oneOrMore().optional().meta({ description: 'A file with one of these endings is concerned.' }),
    taskType: oneOrMore().optional().meta({ description: 'The kind of task: `code`, `documentation`, `analysis`, …' }),
    tokenCount: range.optional().meta({ description: 'Tokens of the whole prompt.' }),
    complexity: oneOrMore(z.string().regex(/^(low|medium|high)$/))
      .optional()
      .meta({ description: '`low`, `medium` or `high`.' }),
    requestedModel: oneOrMore()
      .optional()
      .meta({ description: 'The model that the client names; `*` stands for anything.' }),
    hasImages: z.boolean().optional().meta({ description: 'The request holds images.' }),
    hasTools: z.boolean().optional().meta({ description: 'The request offers tools.' }),
    thinking: z.boolean().optional().meta({ description: 'The request asks for thinking.' }),
    isSubagent: z.boolean().optional().meta({ description: 'A subagent asks.' }),
    isBackground: z.boolean().optional().meta({ description: 'The client asks by itself.' }),
    key: oneOrMore().optional().meta({ description: 'The name of the caller’s key.' }),
    session: oneOrMore().optional().meta({ description: 'The client’s session.' }),
    time: timeWindow.optional().meta({ description: 'When it is asked.' }),
    expression: z.string().min(1).optional().meta({ description: 'A condition in the expression language.' }),
  })
  .meta({ description: 'All parts must hold; of a list, any entry.' });

export const routingRuleSchema = z.strictObject({
  name: z.string().min(1).meta({ description: 'Shown wherever the rule decides.' }),
  enabled: z.boolean().prefault(true).meta({ description: 'Whether it counts.' }),
  condition,
  targetModel: modelName.optional().meta({ description: 'The model that answers.' }),
  targetModels: z.array(modelName).min(1).optional().meta({ description: 'Several models, in order.' }),
  priority: z
    .number()
    .prefault(100)
    .meta({ description: 'The lowest number is asked first; ties in the order of the file.' }),
  fallback: oneOrMore().optional().meta({ description: 'Its own fallbacks, instead of those of `routing`.' }),
  set: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'Fields of the request to set: `temperature`, `max_tokens`.' }),
});

export const intelligentRoutingSchema = z
  .strictObject({
    enabled: z.boolean().optional().meta({ description: 'On where the block is present.' }),
    rules: z
      .array(
        z.strictObject({
          name: z.string().min(1).meta({ description: 'Shown wherever the rule decides.' }),
          patterns: z.array(z.string().min(1)).min(1).meta({ description: 'Words and phrases of the human text.' }),
          examples: z.array(z.string().min(1)).optional().meta({ description: 'Messages that belong here.' }),
          model: modelName.meta({ description: 'The model that answers.' }),
          confidence: z
            .number()
            .min(0)
            .max(1)
            .prefault(0.8)
            .meta({ description: 'The score from which the rule fires, 0 to 1.' }),
        }),
      )
      .prefault([]),
  })
  .meta({ description: 'Rules scored on what the person wrote.' });

export const costOptimizationSchema = z
  .strictObject({
    enabled: z.boolean().optional().meta({ description: 'On where the block is present.' }),
    budget: z
      .strictObject({
        daily: money.optional().meta({ description: 'For a day.' }),
        monthly: money.optional().meta({ description: 'For a month.' }),
        perSession: money.optional().meta({ description: 'For one session of the client, with all its agents.' }),
        currency: z.string().length(3).prefault('USD').meta({ description: 'Of the amounts.' }),
        rate: z.number().positive().optional().meta({ description: 'US dollars for one unit of the currency.' }),
        onExceeded: z.enum(['reject', 'downgrade']).prefault('reject').meta({
          description:
            'Calls that may pass a budget are refused with 402, or answered by `downgradeTo` for as long as that can be paid.',
        }),
        downgradeTo: modelName.optional().meta({ description: 'The cheap model.' }),
        unknownPrice: z
          .enum(['allow', 'reject'])
          .prefault('allow')
          .meta({ description: 'Calls whose price is not known pass and are counted apart, or are refused.' }),
      })
      .refine(({ onExceeded, downgradeTo }) => onExceeded === 'reject' || downgradeTo !== undefined, {
        path: ['downgradeTo'],
        message: 'the model that answers when the budget is spent, since "onExceeded" is "downgrade"',
      })
      .optional()
      .meta({ description: 'What may be spent.' }),
    rules: z
      .array(
        z.strictObject({
          condition: z
            .string()
            .min(1)
            .meta({ description: 'An expression over the facts of a call: `tokenCount >= 500 && tokenCount < 2000`.' }),
          model: modelName.meta({ description: 'The model that answers where it holds.' }),
        }),
      )
      .prefault([]),
  })
  .meta({ description: 'Cheaper models where they suffice, and budgets.' });

export const loadBalancingSchema = z
  .strictObject({
    enabled: z.boolean().optional().meta({ description: 'On where the block is present.' }),
    strategy: z
      .enum(['round_robin', 'weighted', 'random', 'least_busy', 'fastest', 'cheapest', 'in_order'])
      .prefault('round_robin')
      .meta({ description: 'How the pool is ordered for each call.' }),
    models: z.array(modelName).prefault([]).meta({ description: 'The pool.' }),
    weights: z.record(z.string(), z.number().min(0)).optional().meta({ description: 'Shares, by model.' }),
    affinity: z
      .enum(['session', 'call'])
      .prefault('session')
      .meta({ description: 'A session keeps its model while that is available, or each call is balanced anew.' }),
    healthCheck: z
      .strictObject({
        enabled: z.boolean().prefault(true).meta({ description: 'Whether models are asked from time to time.' }),
        interval: duration('s').prefault(60).meta({ description: 'Seconds between two checks.' }),
        timeout: duration('s').prefault(10).meta({ description: 'Seconds until a check has failed.' }),
      })
      .optional(),
  })
  .meta({ description: 'A pool of models that share the load.' });
