/** How a plugin refuses a call; the client is told so. */
export interface RefusalOptions {
  /** 403 where left out. */
  status?: number;
  /** The type in the error's envelope; by the status where left out. */
  type?: string;
  retryAfterSeconds?: number;
}

/** Thrown by `context.refuse`: no fault of the plugin, but what it wants. */
export class Refusal extends Error {
  readonly options: RefusalOptions;

  constructor(message: string, options: RefusalOptions) {
    super(message);
    this.name = 'Refusal';
    this.options = options;
  }
}
