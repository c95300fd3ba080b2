import type { ServerResponse } from 'node:http';
import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises';
import type { Asked, Format, ScriptedReply } from './formats/format.ts';

/** Sends a scripted reply: at its pace, in its pieces, and with the death it is to die. */
export async function deliver(
  format: Format,
  reply: ScriptedReply,
  asked: Asked,
  response: ServerResponse,
): Promise<void> {
  await reply.before;
  if (response.destroyed) return;
  if (reply.status !== undefined) {
    const body =
      reply.body ?? JSON.stringify(format.errorBody(reply.status, reply.errorType, reply.message ?? 'scripted'));
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
    response.end(body);
    return;
  }
  if (!asked.stream) {
    await reply.hold?.until;
    if (reply.die) return die(response, reply.die.how);
    response.writeHead(200, { 'content-type': 'application/json', ...reply.headers });
    response.end(reply.body ?? JSON.stringify(format.whole(reply, asked)));
    return;
  }
  response.writeHead(200, { 'content-type': format.streamType, 'cache-control': 'no-cache', ...reply.headers });
  response.flushHeaders();
  if (reply.body === undefined) await deliverFrames(format, reply, asked, response);
  else response.end(reply.body);
}

async function deliverFrames(format: Format, reply: ScriptedReply, asked: Asked, response: ServerResponse) {
  const writer = new PieceWriter(response, reply.byteSplit);
  let { hold } = reply;
  let sent = 0;
  for (const frame of format.frames(reply, asked)) {
    if (hold && sent >= hold.after) {
      await writer.flush();
      await hold.until;
      hold = undefined;
    }
    if (reply.die && sent >= reply.die.after) {
      await writer.flush();
      return die(response, reply.die.how);
    }
    if (response.destroyed) return;
    await writer.write(frame.text);
    if (frame.output) sent += 1;
    if (reply.paceMs !== undefined) await delay(reply.paceMs);
  }
  await writer.flush();
  response.end();
}

async function die(response: ServerResponse, how: 'reset' | 'close' | 'end'): Promise<void> {
  // What was written before is given the time to leave.
  await delay(30);
  if (how === 'reset') response.socket?.resetAndDestroy();
  else if (how === 'close') response.socket?.destroy();
  else response.end();
}

/** Writes as it is told, or in pieces of so many bytes, one write each. */
class PieceWriter {
  readonly #response: ServerResponse;
  readonly #size: number | undefined;
  #rest: Buffer = Buffer.alloc(0);

  constructor(response: ServerResponse, size: number | undefined) {
    this.#response = response;
    this.#size = size;
  }

  async write(text: string): Promise<void> {
    if (this.#size === undefined) {
      this.#response.write(text);
      return;
    }
    this.#rest = Buffer.concat([this.#rest, Buffer.from(text)]);
    while (this.#rest.length >= this.#size && !this.#response.destroyed) {
      this.#response.write(this.#rest.subarray(0, this.#size));
      this.#rest = this.#rest.subarray(this.#size);
      await immediate();
    }
  }

  async flush(): Promise<void> {
    if (this.#rest.length > 0) this.#response.write(this.#rest);
    this.#rest = Buffer.alloc(0);
    await immediate();
  }
}
