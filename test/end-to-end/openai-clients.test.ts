import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, chatFunction, clientKey, type OpenAiBed, startOpenAiBed, text } from '../inbound/openai-bed.ts';
import { loadOpenAiSdk, type OpenAiClient, sayMissing } from '../support/clients.ts';
import { noisePng } from '../support/png.ts';

const library = await loadOpenAiSdk();
if (!library) sayMissing("OpenAI's client library");

const models = ['anthropic/claude-opus-5-5', 'openai/model'];
const png = `data:image/png;base64,${noisePng(8, 8).toString('base64')}`;

describe.runIf(library)("OpenAI's own client", () => {
  let bed: OpenAiBed;
  let client: OpenAiClient;

  beforeAll(async () => {
    bed = await startOpenAiBed();
    client = library!.client(bed.router.url, clientKey);
  });

  afterAll(() => bed?.stop());

  const completed = (body: Record<string, unknown>, stream: boolean) =>
    stream
      ? client.chat.completions.stream({ ...body, stream_options: { include_usage: true } }).finalChatCompletion()
      : client.chat.completions.create(body);

  const responded = (body: Record<string, unknown>, stream: boolean) =>
    stream ? client.responses.stream(body).finalResponse() : client.responses.create(body);

  describe.each(models)('asking %s', (model) => {
    describe.each([false, true])('streamed: %s', (stream) => {
      it('is answered, and told the usage', async () => {
        const marker = bed.answering({ ...text('Grüße 👋'), usage: { input: 30, cached: 10, output: 5 } });
        const answer = await completed({ model, messages: [{ role: 'user', content: marker }] }, stream);
        expect(answer.choices[0]).toMatchObject({
          message: { role: 'assistant', content: 'Grüße 👋' },
          finish_reason: 'stop',
        });
        expect(answer.usage).toMatchObject({ prompt_tokens: 30, completion_tokens: 5, total_tokens: 35 });
      });

      it('runs tools in parallel, turn by turn', async () => {
        const calls = [call('get_weather', { city: 'Paris' }), call('get_weather', { city: 'Rome' })];
        const marker = bed.answering(
          { blocks: [{ type: 'text', text: 'Looking.' }, ...calls] },
          text('Both are sunny.'),
        );
        const body = { model, tools: [chatFunction('get_weather', { city: { type: 'string' } })] };
        const messages: unknown[] = [{ role: 'user', content: marker }];
        const first = await completed({ ...body, messages }, stream);
        const { message, finish_reason: reason } = first.choices[0]!;
        expect([reason, message.content]).toEqual(['tool_calls', 'Looking.']);
        expect(message.tool_calls!.map((made) => JSON.parse(made.function.arguments))).toEqual([
          { city: 'Paris' },
          { city: 'Rome' },
        ]);
        messages.push(message);
        for (const { id } of message.tool_calls!)
          messages.push({ role: 'tool', tool_call_id: id, content: `sunny ${id}` });
        const second = await completed({ ...body, messages }, stream);
        expect(second.choices[0]!.message.content).toBe('Both are sunny.');
        const { results } = bed.asked(marker).asked.messages.find((asked) => asked.results.length > 0)!;
        expect(results[0]!.text).toMatch(/^sunny /);
      });

      it('shows pictures', async () => {
        const marker = bed.answering(text('noise'));
        const content = [
          { type: 'text', text: marker },
          { type: 'image_url', image_url: { url: png } },
          { type: 'image_url', image_url: { url: 'https://pictures.example/a.png' } },
        ];
        await completed({ model, messages: [{ role: 'user', content }] }, stream);
        expect(bed.asked(marker).asked.messages.at(-1)!.images).toBe(2);
      });

      it('is given a response', async () => {
        const marker = bed.answering({ ...text('Grüße 👋'), usage: { input: 30, output: 5 } });
        const answer = await responded({ model, input: marker }, stream);
        expect(answer).toMatchObject({
          status: 'completed',
          output_text: 'Grüße 👋',
          usage: { input_tokens: 30, output_tokens: 5 },
        });
      });

      it('runs tools through responses, going on by id', async () => {
        const marker = bed.answering({ blocks: [call('get_weather', { city: 'Paris' })] }, text('Sunny.'));
        const tools = [
          { type: 'function', name: 'get_weather', strict: false, parameters: { type: 'object', properties: {} } },
        ];
        const first = await responded({ model, tools, input: marker }, stream);
        const made = first.output.find(({ type }) => type === 'function_call')!;
        expect(JSON.parse(String(made.arguments))).toEqual({ city: 'Paris' });
        const input = [
          { type: 'function_call_output', call_id: made.call_id, output: 'sunny' },
          {
            role: 'user',
            content: [
              { type: 'input_text', text: marker },
              { type: 'input_image', image_url: png, detail: 'auto' },
            ],
          },
        ];
        const second = await responded({ model, tools, previous_response_id: first.id, input }, stream);
        expect(second.output_text).toBe('Sunny.');
        expect(bed.asked(marker).asked.messages.flatMap(({ results }) => results.map((result) => result.text))).toEqual(
          ['sunny'],
        );
      });
    });
  });

  it.each([
    [400, 'invalid_request_error', 'BadRequestError', null],
    [401, 'authentication_error', 'PermissionDeniedError', 'permission_denied'],
    [404, 'not_found_error', 'NotFoundError', 'model_not_found'],
    [429, 'rate_limit_error', 'RateLimitError', 'rate_limit_exceeded'],
    [402, 'billing_error', 'RateLimitError', 'insufficient_quota'],
    [529, 'overloaded_error', 'InternalServerError', 'overloaded'],
  ])("takes a provider's %s %s for a %s", async (status, errorType, name, code) => {
    const marker = bed.answering({ status, errorType, message: 'said by the provider' });
    const model = 'anthropic/claude-opus-5-5';
    const asking = [
      client.chat.completions.create({ model, messages: [{ role: 'user', content: marker }] }),
      client.responses.create({ model, input: marker }),
    ];
    for (const asked of asking) {
      const error = await asked.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(library!.errors[name]);
      expect(error).toMatchObject({ code, requestID: expect.stringMatching(/^req_/) });
      expect(String(error)).toContain('said by the provider');
    }
  });

  it('takes a wrong key for an AuthenticationError', async () => {
    const stranger = library!.client(bed.router.url, 'sk-wrong');
    const asked = stranger.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'x' }] });
    await expect(asked).rejects.toBeInstanceOf(library!.errors.AuthenticationError);
  });

  it('throws where a stream breaks off', async () => {
    const marker = bed.answering({ ...text('one two three four five six'), die: { after: 2, how: 'reset' } });
    const body = { model: 'openai/model', messages: [{ role: 'user', content: marker }] };
    await expect(completed(body, true)).rejects.toBeInstanceOf(library!.errors.APIError);
  });

  it('lists models, and is told what is not served', async () => {
    const { data } = await client.models.list();
    expect(data).toContainEqual(expect.objectContaining({ object: 'model', id: 'claude-haiku-4-5' }));
    expect(await client.models.retrieve('openai/model')).toMatchObject({ id: 'openai/model' });
    await expect(client.embeddings.create({ model: 'm', input: 'x' })).rejects.toThrow(/embeddings are not served/);
  });
});
