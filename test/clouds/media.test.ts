import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/protocol/messages.ts';
import { ask, type Cloud, type CloudReply, cloudTarget, helloMessage, openTransport, startCloud } from './bed.ts';

const transport = openTransport();
const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const pdf = Buffer.from('%PDF-1.7 a document');

const files: Record<string, CloudReply> = {
  '/a.png': { headers: { 'content-type': 'image/png' }, chunks: [png.subarray(0, 5), png.subarray(5)] },
  '/mistold.png': { headers: { 'content-type': 'application/octet-stream' }, chunks: [png] },
  '/a.pdf': { headers: { 'content-type': 'application/pdf' }, chunks: [pdf] },
  '/page': { headers: { 'content-type': 'text/html' }, chunks: ['<html>'] },
  '/moved': { status: 302, headers: { location: '/a.png' }, chunks: ['moved'] },
  '/circle': { status: 302, headers: { location: '/circle' }, chunks: [''] },
  '/file': { status: 302, headers: { location: 'file:///etc/passwd' }, chunks: [''] },
};

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud(({ method, path }) => {
    if (method === 'POST') return { chunks: [JSON.stringify(helloMessage)] };
    return files[path] ?? { status: 404, chunks: ['no such file'] };
  });
});

afterEach(() => {
  cloud.received.length = 0;
});

afterAll(async () => {
  await transport.destroy();
  await cloud.stop();
});

const image = (url: string) => ({ type: 'image', source: { type: 'url', url } });
const inline = (data: Buffer, media_type = 'image/png') => ({
  ...{ type: 'base64', media_type, data: data.toString('base64') },
});

function bedrock() {
  return cloudTarget('bedrock', 'm', { apiKeys: ['key'], region: 'us-east-1', baseUrl: cloud.url });
}

function askWith(content: unknown, localOnly = true) {
  return ask(transport, bedrock(), { messages: [{ role: 'user', content }] }, {}, localOnly);
}

function sentMessages(): JsonObject[] {
  return cloud.received.find(({ method }) => method === 'POST')!.json().messages as JsonObject[];
}

describe('an image by address, for a service that takes none', () => {
  it.each([
    ['as it is', '/a.png'],
    ['by its bytes, whatever the server calls it', '/mistold.png'],
    ['behind a redirect', '/moved'],
  ])('case 31: is fetched and sent in place, %s', async (_, path) => {
    await askWith([{ type: 'text', text: 'See:' }, image(`${cloud.url}${path}`)]);
    expect(sentMessages()[0]!.content).toEqual([
      { type: 'text', text: 'See:' },
      { type: 'image', source: inline(png) },
    ]);
  });

  it('is fetched within a tool’s result, and a document too', async () => {
    const result = { type: 'tool_result', tool_use_id: 't', content: [image(`${cloud.url}/a.png`)] };
    const document = { type: 'document', title: 'D', source: { type: 'url', url: `${cloud.url}/a.pdf` } };
    await askWith([result, document]);
    expect(sentMessages()[0]!.content).toEqual([
      { ...result, content: [{ type: 'image', source: inline(png) }] },
      { ...document, source: inline(pdf, 'application/pdf') },
    ]);
  });

  it('is fetched once where it stands twice', async () => {
    await askWith([image(`${cloud.url}/a.png`), image(`${cloud.url}/a.png`)]);
    expect(cloud.received.filter(({ method }) => method === 'GET')).toHaveLength(1);
  });

  it('is not fetched where it stands in a data: URL', async () => {
    await askWith([image(`data:image/png;base64,${png.toString('base64')}`)]);
    expect(sentMessages()[0]!.content).toEqual([{ type: 'image', source: inline(png) }]);
    expect(cloud.received).toHaveLength(1);
  });

  it.each([
    ['it is not there', '/none.png', /answered 404/],
    ['it is no image', '/page', /text\/html/],
    ['it leads in a circle', '/circle', /too many redirects/],
    ['it leads to a file', '/file', /only http/],
  ])('is refused where %s', async (_, path, message) => {
    await expect(askWith([image(`${cloud.url}${path}`)])).rejects.toMatchObject({
      kind: 'not-expressible',
      message: expect.stringMatching(message),
    });
  });

  it('goes by address to a service that takes addresses', async () => {
    const target = cloudTarget('anthropic', 'm', { apiKeys: ['key'], baseUrl: cloud.url });
    await ask(transport, target, { messages: [{ role: 'user', content: [image('https://example.com/a.png')] }] });
    expect(sentMessages()[0]!.content).toEqual([image('https://example.com/a.png')]);
  });
});

describe('an address named by a caller from elsewhere', () => {
  const port = () => new URL(cloud.url).port;

  it.each([
    ['this machine', () => `127.0.0.1:${port()}`],
    ['a name of this machine', () => `localhost:${port()}`],
    ['this machine in IPv6', () => `[::1]:${port()}`],
    ['this machine in IPv4 within IPv6', () => `[::ffff:127.0.0.1]:${port()}`],
    ['this machine in one number', () => `2130706433:${port()}`],
    ['a cloud’s metadata', () => '169.254.169.254'],
    ['a private network', () => '10.1.2.3'],
  ])('is not followed to %s', async (_, host) => {
    await expect(askWith([image(`http://${host()}/a.png`)], false)).rejects.toMatchObject({
      kind: 'not-expressible',
      message: expect.stringContaining('not a public address'),
    });
    expect(cloud.received).toEqual([]);
  });
});
