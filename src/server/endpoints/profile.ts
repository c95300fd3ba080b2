import { Failure } from '../../call/failure.ts';
import { type ProfileType, takeProfile } from '../../telemetry/profile.ts';
import { readCount, readQuery } from '../read-query.ts';
import type { Exchange } from '../route-table.ts';

/** Two at a time would measure each other. */
let isRunning = false;

/**
 * `GET /debug/profile?seconds=5&type=cpu|heap`: what the process does from now on, as a file that developer tools open.
 * Throws Failure `malformed-request`, and `limit-reached` while another is taken.
 */
export async function profile({ response, query, id }: Exchange): Promise<void> {
  const asked = readQuery(query, ['seconds', 'type']);
  const seconds = readCount('seconds', asked.seconds, 5, 60);
  const type = readType(asked.type);
  if (isRunning) {
    throw new Failure('limit-reached', 'a profile is being taken: one at a time', { retryAfterSeconds: seconds });
  }
  isRunning = true;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const bytes = Buffer.from(await takeProfile(type, seconds * 1000, gone.signal));
    if (response.destroyed) return;
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': bytes.length,
      'content-disposition': `attachment; filename="router-${process.pid}.${type}profile"`,
      'request-id': id,
    });
    response.end(bytes);
  } finally {
    isRunning = false;
  }
}

function readType(value = 'cpu'): ProfileType {
  if (value === 'cpu' || value === 'heap') return value;
  throw new Failure('malformed-request', 'type: expected cpu or heap');
}
