// What a decision costs: `npm run build && node bench/routing.mjs`. Prints microseconds and exits with 1 above a limit. Decisions
// are timed by the clock, each the best of three, so that what other processes take of the machine counts little; facts by
// this process's CPU time.
import { configSchema } from '../dist/config/schema.js';
import { measureRequest, PartMemo, TextMemo } from '../dist/models/tokens.js';
import { buildTable } from '../dist/routing/build-table.js';
import { decide } from '../dist/routing/decide.js';
import { readFacts } from '../dist/routing/facts.js';
import { LiveState } from '../dist/routing/live-state.js';

const limits = { decideP99Us: 50, factsP50Us: 2000 };
const targets = Array.from({ length: 50 }, (_, index) => targetNamed(`model-${index}`));
const texts = new TextMemo();
const parts = new PartMemo();
const settings = { measurePrompt: (request) => measureRequest(request, texts.measure, parts) };

const table = tableOf(100);
const state = new LiveState();
const results = [
  ['decide: 100 rules, 50 targets in the pool, facts known', ...timeDecide(false), limits.decideP99Us],
  ['decide: the same, facts read for it', ...timeDecide(true), undefined],
  ['facts: a session of 800 KB, first turn', ...timeFacts(1), undefined],
  ['facts: a session of 800 KB, later turns', ...timeFacts(120), limits.factsP50Us],
];
let failed = false;
for (const [name, p50, p99, limit] of results) {
  const measured = name.startsWith('decide') ? p99 : p50;
  const isOver = limit !== undefined && measured > limit;
  failed ||= isOver;
  const judged = limit === undefined ? '' : `  limit ${limit} us: ${isOver ? 'OVER' : 'ok'}`;
  console.log(`${name.padEnd(56)} p50 ${p50.toFixed(1)} us  p99 ${p99.toFixed(1)} us${judged}`);
}
process.exitCode = failed ? 1 : 0;

function timeDecide(fresh) {
  const call = callOf(bodyOf(20_000, 0));
  const known = readFacts(call, settings);
  const times = [];
  for (let run = 0; run < 22_000; run += 1) {
    let best = Number.POSITIVE_INFINITY;
    for (let time = 0; time < 3; time += 1) {
      const facts = fresh ? readFacts(call, settings) : known;
      const startedAt = process.hrtime.bigint();
      decide(facts, table, state, 1_700_000_000_000 + run);
      best = Math.min(best, Number(process.hrtime.bigint() - startedAt) / 1000);
    }
    times.push(best);
  }
  return percentiles(times.slice(2000));
}

/** Every turn the whole conversation comes anew, parsed from its bytes, with two messages more. */
function timeFacts(turns) {
  const times = [];
  const texts = Array.from({ length: turns + 5 }, (_, turn) => JSON.stringify(bodyOf(800_000, turn)));
  for (const [turn, text] of texts.entries()) {
    const call = callOf(JSON.parse(text));
    const startedAt = cpuUs();
    const facts = readFacts(call, settings);
    // Everything that a rule can ask for.
    for (const name of ['text', 'words', 'textTokens', 'tokenCount', 'fileTypes', 'taskTypes', 'complexity'])
      facts[name];
    for (const name of ['hasImages', 'needsImages', 'effort', 'isBackground', 'isSubagent', 'isWebSearch']) facts[name];
    facts.promptTokens('claude-opus-5-5');
    const took = cpuUs() - startedAt;
    if (turns === 1 ? turn === 0 : turn >= 5) times.push(took);
  }
  return percentiles(times);
}

function cpuUs() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function percentiles(times) {
  const sorted = times.sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return [at(0.5), at(0.99)];
}

function tableOf(rules) {
  const conditions = [
    { messageContains: ['deploy', 'release', 'rollback'], fileTypes: ['.tf', '.yaml'] },
    { expression: 'tokenCount > 900000 && hasTools && hour >= 9' },
    { taskType: 'translation', complexity: 'high' },
    { requestedModel: ['*haiku*'], tokenCount: { max: 500 } },
    { fileTypes: ['.java', '.kt', '.scala'], isSubagent: true },
  ];
  const config = configSchema.parse({
    routingRules: Array.from({ length: rules }, (_, index) => ({
      name: `rule-${index}`,
      condition: conditions[index % conditions.length],
      targetModel: `model-${index % 50}`,
      priority: index,
    })),
    loadBalancing: { models: targets.map(({ name }) => name), strategy: 'round_robin' },
  });
  const find = (name) => targets.find((target) => target.name === name);
  const [defaultTarget] = targets;
  const sources = { find, resolve: find, defaultTarget, targets, weightOf: () => undefined, priceOf: () => undefined };
  return buildTable(config, sources).table;
}

function targetNamed(name) {
  const abilities = { contextWindow: 1_000_000, images: true, tools: true };
  return { name, aliases: [], provider: 'bench', providerType: 'openai', model: name, abilities, problem: undefined };
}

function callOf(request) {
  const headers = { 'x-claude-code-session-id': 'bench' };
  return { id: 'bench', startedAt: 0, caller: { name: 'local' }, request, headers, query: '', sessionId: undefined };
}

function bodyOf(bytes, turn) {
  const user = (content) => ({ role: 'user', content });
  const text = (written) => ({ type: 'text', text: written });
  const messages = [
    user([text('<system-reminder>know this</system-reminder>'), text('please fix the parser in main.py')]),
  ];
  const rounds = 60 + turn;
  const size = Math.floor(bytes / 60);
  for (let round = 0; round < rounds; round += 1) {
    const id = `toolu_${round}`;
    const input = { file_path: `/src/part-${round}.ts`, description: 'reads a part of the source' };
    messages.push({
      role: 'assistant',
      content: [text(prose(round, 200)), { type: 'tool_use', id, name: 'Read', input }],
    });
    messages.push(user([{ type: 'tool_result', tool_use_id: id, content: prose(round, size) }]));
  }
  const schema = { type: 'object', properties: { file_path: { type: 'string', description: prose(3, 80) } } };
  const tools = Array.from({ length: 14 }, (_, index) => ({
    name: `Tool${index}`,
    description: prose(index, 2000),
    input_schema: schema,
  }));
  return {
    model: 'claude-opus-5-5',
    messages,
    system: [text(prose(1, 70)), text(prose(2, 7000))],
    tools,
    stream: true,
  };
}

function prose(seed, length) {
  const words = 'const value = await load(path); if (!value) return; // the file of the parser is read again\n\t'.split(
    ' ',
  );
  let written = '';
  for (let at = seed; written.length < length; at += 7) written += `${words[at % words.length]} ${at} `;
  return written.slice(0, length);
}
