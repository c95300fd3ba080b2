// The package's types describe its whole only.
declare module 'undici/lib/dispatcher/agent.js' {
  import type { Agent } from 'undici';
  const AgentAlone: typeof Agent;
  export default AgentAlone;
}
