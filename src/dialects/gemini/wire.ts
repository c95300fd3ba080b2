import type { JsonObject } from '../../protocol/messages.ts';
import type { WrittenList } from '../shared/written-json.ts';

/** The body of `:generateContent`, as far as the router writes it. */
export interface GenerateContentRequest extends JsonObject {
  /** Of `Content`. */
  contents: WrittenList;
  systemInstruction?: { parts: Part[] };
  tools?: JsonObject[];
  toolConfig?: JsonObject;
  generationConfig?: JsonObject;
}

export interface Content {
  role: 'user' | 'model';
  parts: Part[];
}

/** One part of a content; `thoughtSignature` goes back on the part it came with. */
export type Part = PartData & { thoughtSignature?: string };

type PartData =
  | { text: string; thought?: true }
  | MediaPart
  | { functionCall: { id?: string; name: string; args: JsonObject } }
  | { functionResponse: { id?: string; name: string; response: JsonObject; parts?: MediaPart[] } };

export type MediaPart =
  | { inlineData: { mimeType: string; data: string } }
  | { fileData: { fileUri: string; mimeType?: string } };

/** A reply, or one chunk of a streamed reply. Nothing in it is sure to be there, or to be of its type. */
export interface GenerateContentReply extends JsonObject {
  candidates?: unknown;
  promptFeedback?: unknown;
  usageMetadata?: unknown;
  modelVersion?: unknown;
  responseId?: unknown;
  error?: unknown;
}
