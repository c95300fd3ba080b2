/** A frame of an event stream that holds data alone. */
export function dataFrame(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/** A frame whose event is named as its data names it. */
export function eventFrame(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

/** A comment, which every reader of event streams passes over. */
export const pingFrame = Buffer.from(': ping\n\n');
