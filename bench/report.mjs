import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/**
 * A table of medians; beside each other gateway the ratio of the router to it, with the least and the greatest of a round.
 * `figures` tells which of a result's figures.
 */
export function tableOf(measured, gateways, figures) {
  const others = gateways.slice(1).map(({ name }) => name);
  const lines = [
    `| ${['request', 'router', ...others.flatMap((name) => [name, `router : ${name}`])].join(' | ')} |`,
    `| --- |${' ---: |'.repeat(1 + others.length * 2)}`,
  ];
  for (const { name, results } of measured) {
    const [own, ...rest] = results.map(figures);
    lines.push(`| ${[name, median(own).toFixed(3), ...rest.flatMap((other) => comparison(own, other))].join(' | ')} |`);
  }
  return lines.join('\n');
}

function comparison(own, other) {
  if (other.length === 0) return ['—', '—'];
  const ratios = other.map((figure, round) => own[round] / figure);
  const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  return [median(other).toFixed(3), `${median(ratios).toFixed(2)} (${spread})`];
}

/** docs/benchmark.md, and docs/benchmark.svg where there is something to draw. */
export async function writePage(text, measured, gateways) {
  const file = (name) => new URL(`../docs/${name}`, import.meta.url);
  writeFileSync(file('benchmark.svg'), await chartOf(measured, gateways));
  writeFileSync(
    file('benchmark.md'),
    `# Benchmark

CPU per request of the whole process tree, with everything on that is on without being asked for. Beside the router stands nginx as a
bare proxy that buffers and logs nothing: what it takes is what moving the bytes costs. Portkey's gateway translates nothing;
claude-code-router 3 needs a newer Node. Rounds alternate, so that all suffer alike from what else the machine does; figures are
medians, and in brackets stand the least and the greatest ratio of a round. The provider is a fake one that answers at once: 2 KB of
JSON, or a stream of 200 events in writes of 20. Small requests have 2 KB, typical ones 120 KB, long ones and late sessions near 1 MB.
Single requests are the same again and again, 16 at a time, so that much of them is remembered; in sessions each is longer than the one
before, as Claude Code sends them. A small request is what a call costs whatever its size: a decision, budgets, a line of the log, a
record, and two HTTP messages in Node.

\`\`\`sh norun
npm run build && npm run bench -- --peers
\`\`\`

![CPU per request](benchmark.svg)

${text}
`,
  );
  const formatter = join(createRequire(import.meta.url).resolve('@biomejs/biome/package.json'), '../bin/biome');
  spawnSync(process.execPath, [formatter, 'format', '--write', fileURLToPath(file('benchmark.md'))]);
}

/** Bars of CPU per request on a logarithmic scale. */
async function chartOf(measured, gateways) {
  const echarts = await import(new URL('./peers/node_modules/echarts/dist/echarts.esm.mjs', import.meta.url).href);
  const chart = echarts.init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: 900,
    height: 120 + measured.length * 40,
  });
  chart.setOption({
    animation: false,
    title: { text: 'CPU per request, ms (logarithmic)', left: 'center' },
    legend: { top: 30 },
    grid: { left: 20, right: 40, top: 70, bottom: 20, containLabel: true },
    xAxis: { type: 'log', min: 0.05 },
    yAxis: { type: 'category', inverse: true, data: measured.map(({ name }) => name) },
    series: gateways.map(({ name }, index) => ({
      ...{ name, type: 'bar' },
      data: measured.map(({ results }) => {
        const { cpu } = results[index];
        return cpu.length === 0 ? null : Number(median(cpu).toFixed(3));
      }),
    })),
  });
  const svg = chart
    .renderToSVGString()
    .replace(/<style.*<\/style>/s, '')
    .replace('>', '><title>CPU per request</title>');
  // Its timer would keep the process.
  chart.dispose();
  return svg;
}
