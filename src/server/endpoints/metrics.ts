import { metricsText } from '../../telemetry/metrics.ts';
import type { Exchange } from '../route-table.ts';

/** `GET /metrics`, or where the configuration puts it: the numbers of this router as Prometheus reads them. */
export async function metrics({ service, response, id }: Exchange): Promise<void> {
  const { contentType, text } = await metricsText([service.metrics.snapshot(service.gauges())]);
  const bytes = Buffer.from(text);
  response.writeHead(200, { 'content-type': contentType, 'content-length': bytes.length, 'request-id': id });
  response.end(bytes);
}
