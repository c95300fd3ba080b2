import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeUpstream, startFakeUpstream, upstreamKey } from '../support/fake-upstream.ts';
import { freePort } from '../support/free-port.ts';
import { http, messagesBody, newMarker } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';

const deployed = (path: string) => fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url));
const { panels } = JSON.parse(readFileSync(deployed('grafana/dashboard.json'), 'utf8')) as {
  panels: { title: string; targets: { expr: string }[] }[];
};
const queries = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const));

const installed = spawnSync('prometheus', ['--version']).status === 0;
if (!installed) {
  process.stderr.write(
    '\nSKIP: the dashboard and the alerts are not tried in Prometheus: install the package prometheus\n\n',
  );
}

describe.runIf(installed)('a Prometheus that scrapes the router', () => {
  let upstream: FakeUpstream;
  let router: InProcessRouter;
  let prometheus: ChildProcess;
  let url: string;
  let folder: string;
  let calling = true;

  beforeAll(async () => {
    upstream = await startFakeUpstream();
    const key = { apiKey: upstreamKey, endpoint: upstream.url };
    router = await startInProcess({
      models: {
        good: { provider: 'anthropic', model: 'claude-opus-5-5', ...key },
        bad: { provider: 'anthropic', model: 'claude-haiku-4-5', ...key },
        priceless: { provider: 'anthropic', model: 'nobody-knows-its-price', ...key },
      },
      routing: { defaultModel: 'good' },
      retry: { attempts: 0 },
      cache: { enabled: true },
    });
    const marker = newMarker('scraped');
    upstream.script(marker, ({ model }) =>
      model === 'claude-haiku-4-5'
        ? { status: 529, message: 'overloaded' }
        : { blocks: [{ type: 'text', text: 'hello' }], usage: { input: 100, output: 7 } },
    );
    void (async () => {
      for (let turn = 0; calling; turn += 1) {
        for (const model of ['good', 'bad', 'priceless']) {
          const body = messagesBody(`${marker} ${turn}`, { model, stream: true });
          await http(`${router.url}/v1/messages`, { body }).catch(() => undefined);
        }
        await delay(100);
      }
    })();
    folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
    const settings = {
      global: { scrape_interval: '500ms', evaluation_interval: '500ms' },
      rule_files: [deployed('prometheus/alerts.yml')],
      scrape_configs: [{ job_name: 'router', static_configs: [{ targets: [new URL(router.url).host] }] }],
    };
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(settings));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    prometheus = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
    // Rates need a few scrapes.
    await until(async () => ((await query('count_over_time(claude_router_build_info[1m])'))[0]?.value ?? 0) >= 6);
  }, 60_000);
  afterAll(async () => {
    calling = false;
    if (prometheus) {
      const ended = new Promise((resolve) => prometheus.once('exit', resolve));
      prometheus.kill('SIGKILL');
      await ended;
    }
    await router?.stop();
    await upstream?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  async function query(expression: string): Promise<{ labels: Record<string, string>; value: number }[]> {
    const reply = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const { status, error, data } = (await reply.json()) as {
      status: string;
      error?: string;
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    expect([status, error], expression).toEqual(['success', undefined]);
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  async function until(isSo: () => Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await delay(200)) {
      if (await isSo().catch(() => false)) return;
    }
    throw new Error('it did not come to that in time');
  }

  it.each(queries)('has something to draw in "%s": %s', async (_title, expression) => {
    const asked = expression
      .replaceAll('$__rate_interval', '10s')
      .replaceAll('$__range', '30s')
      .replaceAll('$instance', '.+');
    const found = await query(asked);
    expect(found.length).toBeGreaterThan(0);
    for (const { value } of found) expect(value, asked).toBeGreaterThanOrEqual(0);
  });

  it('counts what the router counts', async () => {
    const [failed] = await query('sum(claude_router_upstream_attempts_total{outcome="failed"})');
    const [priceless] = await query('sum(claude_router_unknown_price_calls_total)');
    expect(failed!.value).toBeGreaterThan(1);
    expect(priceless!.value).toBeGreaterThan(1);
  });

  it('understands every alert, and raises those that there is reason for', async () => {
    type Rule = { name: string; health: string; state: string; lastError?: string };
    const rules = async () => {
      const { data } = (await (await fetch(`${url}/api/v1/rules`)).json()) as { data: { groups: { rules: Rule[] }[] } };
      return data.groups.flatMap((group) => group.rules);
    };
    await until(async () => (await rules()).every(({ health }) => health !== 'unknown'));
    const found = await rules();
    expect(found.filter(({ health }) => health !== 'ok')).toEqual([]);
    const raised = found.filter(({ state }) => state !== 'inactive').map(({ name }) => name);
    expect(raised).toContain('ClaudeRouterUnknownPrices');
    expect(raised).not.toContain('ClaudeRouterDown');
    expect(raised).not.toContain('ClaudeRouterLosesRecords');
  });
});
