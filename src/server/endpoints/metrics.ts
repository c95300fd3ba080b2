import { metricsText } from '../../telemetry/metrics.ts';
import { sendBody } from '../compress.ts';
import type { Exchange } from '../route-table.ts';

/** `GET /metrics`, or where the configuration puts it: the numbers of this router as Prometheus reads them. */
export async function metrics({ service, response, id }: Exchange): Promise<void> {
  const { contentType, text } = await metricsText(await service.metricSnapshots());
  sendBody(response, 200, { 'content-type': contentType, 'request-id': id }, Buffer.from(text));
}
