/**
 * The HTTP status that an error of AWS stands for, by its name in a header, a body or a stream
 * (`ThrottlingException`, `throttlingException`, `com.amazon…#ThrottlingException:http://…`); undefined for others. Its own
 * status says less: 424 for a failing model, 429 for one that is not ready, 400 for a used-up quota.
 */
export function statusOfAwsError(name: string): number | undefined {
  const bare = name
    .replace(/^[^#]*#/, '')
    .replace(/:.*$/, '')
    .replace(/(exception|error)$/i, '')
    .toLowerCase();
  return Object.hasOwn(statuses, bare) ? statuses[bare] : undefined;
}

const statuses: Readonly<Record<string, number>> = {
  validation: 400,
  unrecognizedclient: 401,
  expiredtoken: 401,
  invalidsignature: 401,
  missingauthenticationtoken: 401,
  accessdenied: 403,
  resourcenotfound: 404,
  throttling: 429,
  toomanyrequests: 429,
  servicequotaexceeded: 429,
  internalserver: 500,
  internalfailure: 500,
  model: 500,
  modelstream: 500,
  modelnotready: 529,
  serviceunavailable: 529,
  modeltimeout: 504,
};
