import type { Dialect } from '../dialect.ts';
import { decodeFailure } from './failure.ts';
import { isOwnAddress } from './media.ts';
import { encodeRequest } from './request.ts';
import { decodeResponse } from './response.ts';
import { reviseRequest } from './revise.ts';
import { GeminiStream } from './stream.ts';

/** Google's generateContent, as its Gemini API speaks it (v1beta), and Vertex AI. */
export const gemini: Dialect = {
  name: 'gemini',
  path: (model, stream) => `/${modelPath(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  encodeRequest,
  decodeResponse,
  decodeFailure,
  reviseRequest,
  readsAddress: isOwnAddress,
  openStream: (exchange) => new GeminiStream(exchange),
};

/** A model's id may come with its kind in front: `models/gemini-2.5-pro`, `tunedModels/mine`. */
function modelPath(model: string): string {
  return model.includes('/') ? model : `models/${encodeURIComponent(model)}`;
}
