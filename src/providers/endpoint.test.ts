import { describe, expect, it } from 'vitest';
import { gemini } from '../dialects/gemini/index.ts';
import { callUrl, readEndpoint } from './endpoint.ts';

const google = 'https://generativelanguage.googleapis.com';

describe('an address of Gemini', () => {
  it.each([
    [`${google}/v1/models`, undefined, `${google}/v1beta`],
    [`${google}/v1/models/gemini-pro:generateContent`, undefined, `${google}/v1beta`],
    [`${google}/v1beta/models/gemini-pro:streamGenerateContent?alt=sse`, undefined, `${google}/v1beta`],
    [undefined, `${google}/v1`, `${google}/v1beta`],
    [undefined, `${google}/v1beta/`, `${google}/v1beta`],
    [undefined, google, `${google}/v1beta`],
    [undefined, `${google}/v1beta/openai/`, `${google}/v1beta`],
    ['http://127.0.0.1:9/v1/models', undefined, 'http://127.0.0.1:9/v1beta'],
    [undefined, 'http://127.0.0.1:9/gemini', 'http://127.0.0.1:9/gemini/v1beta'],
    [undefined, 'http://127.0.0.1:9/v1alpha', 'http://127.0.0.1:9/v1alpha'],
    [
      undefined,
      'https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google',
      'https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google',
    ],
  ])('endpoint %s, baseUrl %s leads to %s', (endpoint, baseUrl, base) => {
    const read = readEndpoint(endpoint, baseUrl, 'gemini');
    expect(callUrl(read, gemini, 'gemini-2.5-pro', false, '')).toBe(`${base}/models/gemini-2.5-pro:generateContent`);
    expect(callUrl(read, gemini, 'gemini-2.5-pro', true, '')).toBe(
      `${base}/models/gemini-2.5-pro:streamGenerateContent?alt=sse`,
    );
  });

  it('may name the kind of model, which then takes the place of "models"', () => {
    expect(gemini.path('tunedModels/mine', false)).toBe('/tunedModels/mine:generateContent');
    expect(gemini.path('models/gemini-2.5-pro', false)).toBe('/models/gemini-2.5-pro:generateContent');
  });

  it('that is a full one decides the dialect', () => {
    expect(readEndpoint(`${google}/v1/models/x:generateContent`, undefined, 'openai-chat').dialect).toBe('gemini');
    expect(readEndpoint(`${google}/v1beta/openai/chat/completions`, undefined, 'gemini').dialect).toBe('openai-chat');
  });
});
