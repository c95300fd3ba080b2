/** The router as a part of another program: `claude-code-router`. */
export { createRouter, type ListenOptions, type Router, type RouterConfig } from './daemon/create-router.ts';
export * from './plugin.ts';
