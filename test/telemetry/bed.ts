import { createServer } from 'node:http';
import { listen } from '../support/fake-upstream.ts';

/** A span as the collector got it. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code?: number; message?: string };
}

/** An OTLP/HTTP collector on loopback. */
export interface Collector {
  url: string;
  paths: string[];
  spans: ReceivedSpan[];
  resources: unknown[];
  /** Resolves when so many spans have come. */
  received(count: number): Promise<ReceivedSpan[]>;
  stop(): Promise<void>;
}

/** `statuses` are answered first, in turn; then 200. */
export async function startCollector(statuses: number[] = []): Promise<Collector> {
  const waiting: { count: number; resolve: (spans: ReceivedSpan[]) => void }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    collector.paths.push(`${request.method} ${request.url} ${request.headers['content-type']}`);
    const status = statuses.shift() ?? 200;
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    if (status !== 200) return;
    for (const { resource, scopeSpans } of JSON.parse(Buffer.concat(chunks).toString('utf8')).resourceSpans) {
      collector.resources.push(resource);
      for (const { spans } of scopeSpans) collector.spans.push(...spans);
    }
    for (const each of waiting) if (collector.spans.length >= each.count) each.resolve(collector.spans);
  });
  const collector: Collector = {
    ...{ url: '', paths: [], spans: [], resources: [] },
    received: (count) =>
      collector.spans.length >= count
        ? Promise.resolve(collector.spans)
        : new Promise((resolve) => waiting.push({ count, resolve })),
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  collector.url = await listen(server);
  return collector;
}

/** The attributes of a span by their names. */
export function attributesOf({ attributes }: ReceivedSpan): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
