import { EventEmitter } from 'node:events';
import { deserialize, serialize } from 'node:v8';
import type { End } from '../../src/daemon/cluster/link.ts';

/** Two ends between processes, as they would be connected: what is sent arrives later, as a copy. */
export function ends(): [End & { leave(): void }, End] {
  const [one, other] = [new Side(), new Side()];
  one.other = other;
  other.other = one;
  return [one, other];
}

class Side extends EventEmitter implements End {
  connected = true;
  other: Side | undefined;

  send(message: object): boolean {
    const sent = serialize(message);
    setImmediate(() => this.other?.emit('message', deserialize(sent)));
    return true;
  }

  leave(): void {
    for (const side of [this, this.other!]) {
      side.connected = false;
      setImmediate(() => side.emit('disconnect'));
    }
  }
}
