import type { JsonObject } from '../../protocol/messages.ts';
import type { WrittenList } from '../shared/written-json.ts';

/** The body of `POST /responses`, as far as the router writes it. */
export interface ResponsesRequest extends JsonObject {
  model: string;
  /** Of `InputItem`. */
  input: WrittenList;
}

export type InputItem =
  | { type: 'message'; role: 'user' | 'developer'; content: InputPart[] }
  | { type: 'message'; role: 'assistant'; content: OutputPart[]; phase?: string }
  | ReasoningItem
  | { type: 'function_call'; call_id: string; name: string; arguments: string }
  | { type: 'function_call_output'; call_id: string; output: string | InputPart[] };

/** What the model thought, as it comes and as it goes back. */
export interface ReasoningItem {
  type: 'reasoning';
  id?: string;
  summary: { type: 'summary_text'; text: string }[];
  /** Open models' own words, where the service shows them. */
  content?: { type: 'reasoning_text'; text: string }[];
  encrypted_content?: string;
}

export type InputPart =
  | { type: 'input_text'; text: string }
  | { type: 'input_image'; detail: 'auto'; image_url: string }
  | { type: 'input_file'; filename: string; file_data: string }
  | { type: 'input_file'; file_url: string };

export interface OutputPart {
  type: 'output_text';
  text: string;
  annotations: [];
}

/** A response, whole or as an event holds it. Nothing in it is sure to be there, or to be of its type. */
export interface ResponseObject extends JsonObject {
  id?: unknown;
  model?: unknown;
  status?: unknown;
  output?: unknown;
  usage?: unknown;
  error?: unknown;
  incomplete_details?: unknown;
}
