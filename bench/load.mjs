import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';

/**
 * Sends the bodies in turn over so many connections, and resolves when `count` answers are whole, with the milliseconds that
 * each took to its first byte. Throws where one is not whole.
 */
export async function load({ port, path, headers = {}, bodies, count, connections, endMark }) {
  const lines = Object.entries({ ...clientHeaders, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${lines.join('')}`;
  const requests = bodies.map((body) =>
    Buffer.concat([Buffer.from(`${head}content-length: ${body.length}\r\n\r\n`), body]),
  );
  let next = 0;
  const take = () => (next < count ? requests[next++ % requests.length] : undefined);
  const firstBytes = [];
  await Promise.all(Array.from({ length: connections }, () => oneConnection(port, take, endMark, firstBytes)));
  return firstBytes;
}

const clientHeaders = {
  ...{ 'content-type': 'application/json', 'anthropic-version': '2023-06-01', 'x-api-key': 'sk-bench' },
  'user-agent': 'claude-cli/2.0.0 (external, cli)',
};

function oneConnection(port, take, endMark, firstBytes) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let parts = [];
    let tail = '';
    let length = -1;
    let size = 0;
    let sentAt = 0;
    const send = () => {
      const request = take();
      if (request === undefined) {
        socket.destroy();
        resolve();
        return;
      }
      parts = [];
      tail = '';
      length = -1;
      size = 0;
      sentAt = performance.now();
      socket.write(request);
    };
    socket.setNoDelay(true).once('connect', send);
    socket.on('error', reject).on('close', () => reject(new Error('the connection was closed')));
    socket.on('data', (data) => {
      if (parts.length === 0) firstBytes.push(performance.now() - sentAt);
      parts.push(data);
      size += data.length;
      if (length === -1) length = announced(parts);
      tail = (tail + data.toString('latin1', Math.max(0, data.length - 64))).slice(-64);
      const whole = length === 0 ? tail.endsWith('\r\n0\r\n\r\n') : length > 0 && size >= length;
      if (!whole) return;
      const answer = Buffer.concat(parts);
      if (answer.toString('latin1', 9, 12) === '200' && answer.includes(endMark)) send();
      else reject(new Error(`unexpected answer: ${answer.toString('utf8', 0, 500)}`));
    });
  });
}

/** Bytes of the whole answer; 0 where it comes in chunks, -1 where the head is not there yet. */
function announced(parts) {
  const head = Buffer.concat(parts).toString('latin1');
  const end = head.indexOf('\r\n\r\n');
  if (end === -1) return -1;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head.slice(0, end));
  return length === null ? 0 : Number(length[1]) + end + 4;
}

/** Milliseconds of CPU that a process and its children have used, all threads together. */
export function cpuMs(pid) {
  let total = 0;
  for (const id of family(pid)) {
    for (const task of readdirSync(`/proc/${id}/task`)) {
      total += Number(readFileSync(`/proc/${id}/task/${task}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
    }
  }
  return total;
}

/** Milliseconds of CPU that the main thread of a process has used: what bounds how many calls it takes. */
export function mainThreadMs(pid) {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
}

/** MB of memory in use by a process and its children. */
export function residentMb(pid) {
  return family(pid).reduce((sum, id) => {
    return sum + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'latin1'))?.[1] ?? 0) / 1024;
  }, 0);
}

function family(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ');
  return [pid, ...children.filter((id) => id !== '').flatMap((id) => family(Number(id)))];
}
