import { type Asked, type AskedMessage, emptyMessage, isObject, objectsOf } from './format.ts';

const signaturePrefix = 'U2lnbmVk';
const standIn = 'skip_thought_signature_validator';
let signed = 0;

/** A thought signature as the upstream makes them; it knows its own again. */
export function newSignature(): string {
  signed += 1;
  return `${signaturePrefix}${Buffer.from(String(signed)).toString('base64')}`;
}

/** Reads a generateContent request, and says what Google would refuse it for. */
export function readGeminiRequest(body: Record<string, unknown>, path: string): Asked {
  const violations: string[] = [];
  for (const name of Object.keys(body)) {
    if (!fields.has(name)) violations.push(`Invalid JSON payload received. Unknown name "${name}"`);
  }
  const contents = objectsOf(body.contents);
  if (contents.length === 0) violations.push('contents is not specified');
  if (contents[0]?.role === 'model') violations.push('contents begin with the model');
  const messages = contents.map((content, index) => readContent(content, index, violations));
  judgeSteps(contents, violations);
  const config = readConfig(body.generationConfig, violations);
  return {
    ...config,
    model: decodeURIComponent(/models\/([^/:]+):/.exec(path)?.[1] ?? ''),
    stream: path.endsWith(':streamGenerateContent'),
    system: isObject(body.systemInstruction)
      ? objectsOf(body.systemInstruction.parts)
          .map((part) => String(part.text))
          .join('\n')
      : '',
    messages,
    tools: readTools(body, violations),
    wantsUsage: true,
    violations,
  };
}

const fields = new Set([
  ...['contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig', 'safetySettings', 'cachedContent'],
  ...['labels', 'serviceTier', 'continuationToken'],
]);

function readConfig(value: unknown, violations: string[]): Pick<Asked, 'maxTokens' | 'effort' | 'stopSequences'> {
  const config = isObject(value) ? value : {};
  for (const name of Object.keys(config)) {
    if (!configFields.has(name)) violations.push(`Unknown name "${name}" at 'generation_config'`);
  }
  const thinking = isObject(config.thinkingConfig) ? config.thinkingConfig : {};
  const { thinkingLevel: level, thinkingBudget: budget } = thinking;
  if (level !== undefined && budget !== undefined) violations.push('thinking budget and level can not both be set');
  if (level !== undefined && !['minimal', 'low', 'medium', 'high'].includes(String(level))) {
    violations.push(`thinking level ${String(level)}`);
  }
  const stops = Array.isArray(config.stopSequences) ? config.stopSequences.map(String) : [];
  if (stops.length > 5) violations.push('stopSequences: more than 5');
  const { temperature, responseJsonSchema: schema } = config;
  if (typeof temperature === 'number' && (temperature < 0 || temperature > 2)) violations.push('temperature');
  if (schema !== undefined && config.responseMimeType !== 'application/json') violations.push('responseJsonSchema');
  judgeSchema(schema, 'responseJsonSchema', violations);
  return {
    maxTokens: typeof config.maxOutputTokens === 'number' ? config.maxOutputTokens : undefined,
    effort: typeof level === 'string' ? level : undefined,
    stopSequences: stops,
  };
}

const configFields = new Set([
  ...['maxOutputTokens', 'temperature', 'topP', 'topK', 'stopSequences', 'candidateCount', 'seed', 'thinkingConfig'],
  ...['responseMimeType', 'responseJsonSchema', 'responseSchema', 'responseModalities', 'presencePenalty'],
]);

function readTools(body: Record<string, unknown>, violations: string[]): Asked['tools'] {
  const declarations = objectsOf(body.tools).flatMap((tool) => objectsOf(tool.functionDeclarations));
  const config = isObject(body.toolConfig) && isObject(body.toolConfig.functionCallingConfig);
  if (config && declarations.length === 0) violations.push('function calling config without function declarations');
  return declarations.map((declaration) => {
    const { name, description, parameters, parametersJsonSchema: schema, ...others } = declaration;
    for (const field of Object.keys(others)) violations.push(`Unknown name "${field}" in a function declaration`);
    if (!/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/.test(String(name))) violations.push(`function name ${String(name)}`);
    if (description !== undefined && typeof description !== 'string') violations.push('description');
    if (parameters !== undefined && schema !== undefined) violations.push('parameters and parametersJsonSchema');
    judgeSchema(schema, String(name), violations);
    return { name: String(name), schema: isObject(schema) ? schema : {} };
  });
}

/** Keywords that Google refuses or passes over without a word. */
const unreadKeywords = new Set([
  ...['$schema', 'const', 'pattern', 'minLength', 'maxLength', 'exclusiveMinimum', 'exclusiveMaximum', 'default'],
  ...['not', 'if', 'patternProperties', 'propertyNames', 'uniqueItems', 'examples', 'allOf', 'oneOf', 'definitions'],
]);

function judgeSchema(schema: unknown, where: string, violations: string[]): void {
  if (Array.isArray(schema)) {
    for (const inner of schema) judgeSchema(inner, where, violations);
  }
  if (!isObject(schema)) return;
  for (const [name, inner] of Object.entries(schema)) {
    if (unreadKeywords.has(name)) violations.push(`${where}: schema keyword ${name}`);
    // Below these, names are the tool's own.
    else if (name === 'properties' || name === '$defs') {
      for (const property of Object.values(isObject(inner) ? inner : {})) judgeSchema(property, where, violations);
    } else if (name !== 'enum') judgeSchema(inner, where, violations);
  }
}

function readContent(content: Record<string, unknown>, index: number, violations: string[]): AskedMessage {
  const refuse = (why: string) => violations.push(`contents[${index}]: ${why}`);
  const read = emptyMessage(content.role === 'model' ? 'assistant' : String(content.role));
  if (content.role !== 'user' && content.role !== 'model') refuse(`role ${String(content.role)}`);
  const parts = objectsOf(content.parts);
  if (parts.length === 0) refuse('must include at least one parts field');
  for (const part of parts) readPart(part, read, refuse);
  return read;
}

function readPart(part: Record<string, unknown>, read: AskedMessage, refuse: (why: string) => void): void {
  const { thoughtSignature: signature, thought, ...data } = part;
  const kinds = Object.keys(data);
  if (kinds.length !== 1) refuse(`a part with ${kinds.length === 0 ? 'nothing' : kinds.join(' and ')} in it`);
  if (signature !== undefined && signature !== standIn && !String(signature).startsWith(signaturePrefix)) {
    refuse('Corrupted thought signature.');
  }
  if (typeof data.text === 'string') {
    if (data.text === '' && signature === undefined) refuse('an empty text part');
    if (thought === true) read.thinking += data.text;
    else read.text += (read.text === '' ? '' : '\n') + data.text;
  } else if (isObject(data.inlineData)) readMedia(data.inlineData, read, refuse);
  else if (isObject(data.functionCall)) readCall(data.functionCall, read, refuse);
  else if (isObject(data.functionResponse)) readResponse(data.functionResponse, read, refuse);
  else if (!isObject(data.fileData)) refuse(`a part of an unknown kind: ${kinds.join(', ')}`);
}

function readMedia(media: Record<string, unknown>, read: AskedMessage, refuse: (why: string) => void): void {
  const { mimeType, data } = media;
  if (!/^(image\/(png|jpeg|webp|heic|heif)|application\/pdf|text\/plain)$/.test(String(mimeType))) {
    refuse(`Unsupported MIME type: ${String(mimeType)}`);
  }
  if (!/^[A-Za-z0-9+/]{8,}=*$/.test(String(data))) refuse('inlineData is no base64');
  if (String(mimeType).startsWith('image/')) read.images += 1;
}

function readCall(call: Record<string, unknown>, read: AskedMessage, refuse: (why: string) => void): void {
  const { id, name, args } = call;
  if (read.role !== 'assistant') refuse('a function call of the user');
  if (!isObject(args)) refuse(`args of ${String(name)} are no object`);
  read.calls.push({ id: String(id ?? name), name: String(name), input: args });
}

function readResponse(response: Record<string, unknown>, read: AskedMessage, refuse: (why: string) => void): void {
  const { id, name, response: said, parts } = response;
  if (read.role !== 'user') refuse('a function response of the model');
  if (!isObject(said)) refuse('functionResponse.response is no object');
  const media = emptyMessage('user');
  for (const part of objectsOf(parts)) readPart(part, media, refuse);
  const { output, error } = isObject(said) ? said : {};
  read.results.push({ id: String(id ?? name), text: String(output ?? error), images: media.images });
}

/** Every step is answered right behind it, each call once and by its name, and its first call is signed. */
function judgeSteps(contents: readonly Record<string, unknown>[], violations: string[]): void {
  let open: string[] = [];
  contents.forEach((content, index) => {
    const parts = objectsOf(content.parts);
    const responses = namesIn(parts, 'functionResponse');
    if (responses.join() !== open.join()) {
      violations.push(
        `contents[${index}]: the function response parts (${responses}) are not those of the function call parts (${open})`,
      );
    }
    open = namesIn(parts, 'functionCall');
    const first = parts.find((part) => isObject(part.functionCall));
    if (first && first.thoughtSignature === undefined) {
      violations.push(`contents[${index}]: Function call ${open[0]} is missing a thought_signature`);
    }
  });
  if (open.length > 0) violations.push(`function calls without a response at the end: ${open}`);
}

function namesIn(parts: readonly Record<string, unknown>[], field: 'functionCall' | 'functionResponse'): string[] {
  return parts.map((part) => part[field]).flatMap((value) => (isObject(value) ? [String(value.name)] : []));
}
