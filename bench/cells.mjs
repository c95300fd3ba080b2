import { sessionTurns, sizes } from './bodies.mjs';

const counts = { small: 1500, typical: 400, long: 60 };
/** The model of the router that is reached in each way. */
const models = {
  'pass-through': 'claude-sonnet-4-5',
  'to OpenAI chat': 'openai/m',
  'to OpenAI Responses': 'responses/m',
  'to Gemini': 'gemini/m',
};

/**
 * What is measured: `{name, way, models, stream, count, connections, bodiesFor(model)}`. A session's turns go over one
 * connection, one after the other; of single requests several are on their way.
 */
export function cells() {
  const found = [];
  const ways = Object.keys(models).filter((way) => way !== 'to OpenAI Responses');
  for (const [size, make] of Object.entries(sizes)) {
    for (const stream of [false, true]) {
      for (const way of ways) {
        const bodies = [{ ...make(), ...(stream ? { stream } : {}) }];
        const name = `${size}, ${stream ? 'stream' : 'JSON'}, ${way}`;
        found.push(cellOf({ name, way, bodies, stream, count: counts[size], connections: 16 }));
      }
    }
  }
  for (const [from, to] of [
    [1, 41],
    [161, 201],
  ]) {
    for (const stream of [true, false]) {
      for (const way of Object.keys(models)) {
        const bodies = sessionTurns(from, to).map((body) => ({ ...body, ...(stream ? { stream } : {}) }));
        const name = `session of ${from} to ${to} messages, ${stream ? '' : 'JSON, '}${way}`;
        found.push(cellOf({ name, way, bodies, stream, count: bodies.length, connections: 1 }));
      }
    }
  }
  return found;
}

/** Bodies are written once for each model that gateways want named. */
function cellOf({ bodies, ...cell }) {
  const written = new Map();
  const bodiesFor = (model) => {
    if (!written.has(model)) {
      written.set(
        model,
        bodies.map((body) => Buffer.from(JSON.stringify({ ...body, model }))),
      );
    }
    return written.get(model);
  };
  return { ...cell, models, bodiesFor };
}
